"""The order in which a route opens and closes, and that no object of another owner is touched."""

from __future__ import annotations

import json

import pytest

from fake_cluster import ACCEPTED, World
from operator_samples import route_body
from platform_operator.kube.kinds import INGRESS, INGRESS_ROUTE, MANAGED_KINDS, SERVICE
from platform_operator.routes import tables as tables_module
from platform_operator.routes.decisions import Admission
from platform_routes import metadata
from platform_routes.model import RouteKey

REFUSED = Admission(False, "NotGranted", "No grant.")
EDGES = {"nginx": "Ingress", "traefik": "IngressRoute"}
EVERY_WAY = [("nginx", "kong"), ("nginx", "standalone"), ("traefik", "kong"), ("traefik", "standalone")]


def edge_objects(world):
    kind = EDGES[world.platform.edge.edge_class]
    return [body for body in world.cluster.of_kind(kind) if not is_kongs(body)]


def is_kongs(body):
    return "konghq.com/plugins" in body["metadata"].get("annotations", {})


def opened(world):
    """The paths that the gateway sends on."""
    if world.platform.gateway.implementation == "kong":
        ingresses = [body for body in world.cluster.of_kind("Ingress") if is_kongs(body)]
        open_ones = [body for body in ingresses if "-sanitize" in body["metadata"]["annotations"]["konghq.com/plugins"]]
        return {body["spec"]["rules"][0]["http"]["paths"][0]["path"] for body in open_ones}
    routes = [document["routes"] for document in world.tables.documents({}).values()]
    return {path["path"] for entries in routes for entry in entries.values() for path in entry["paths"]}


def checked(world):
    """The paths for which the edge asks auth."""
    found = set()
    for body in edge_objects(world):
        if world.platform.edge.edge_class == "nginx":
            if "nginx.ingress.kubernetes.io/auth-url" in body["metadata"]["annotations"]:
                found |= {path["path"] for rule in body["spec"]["rules"] for path in rule["http"]["paths"]}
        else:
            for rule in body["spec"]["routes"]:
                if any(item["name"].endswith("-verify") for item in rule["middlewares"]):
                    found.add(rule["match"].partition("Path(`")[2].partition("`")[0])
    return found


@pytest.fixture(params=EVERY_WAY, ids="-".join)
def world(request):
    world = World(*request.param)
    if request.param[1] == "standalone":
        world.add_gateway_pod()
    return world


async def steps(world, key, admission=ACCEPTED):
    """Reconcile to the end; at every write the gateway opens nothing that the edge does not check."""
    for _ in range(30):
        wait = await world.step(key, admission)
        assert opened(world) <= checked(world)
        if not wait:
            return
        world.now += wait
        world.follow()
    raise AssertionError("it never settles")


async def test_a_route_opens_at_the_gateway_last_and_is_then_programmed(world):
    key = world.add(route_body())
    first = await world.step(key)
    assert first > 0
    assert opened(world) == set()
    assert world.conditions(key) == {"Accepted": True, "Programmed": "Pending", "Ready": "Pending"}
    await steps(world, key)
    assert opened(world) == {"/echo"}
    assert world.conditions(key)["Programmed"] is True


@pytest.mark.parametrize("end", ["removed", "refused"])
async def test_a_route_that_ends_closes_at_the_gateway_first(world, end):
    key = world.add(route_body())
    await steps(world, key)
    if end == "removed":
        world.remove(key)
    admission = REFUSED if end == "refused" else ACCEPTED
    wait = await world.step(key, admission)
    assert wait > 0
    assert opened(world) == set()
    assert edge_objects(world)
    await steps(world, key, admission)
    assert edge_objects(world) == []
    assert world.cluster.of_kind("NetworkPolicy") == []
    assert world.cluster.of_kind("KongPlugin") == []


@pytest.mark.parametrize(
    "change",
    [
        {"paths": [{"path": "/renamed", "type": "Prefix"}]},
        {"paths": [{"path": "/echo", "type": "Prefix"}, {"path": "/more", "type": "Prefix"}]},
        {"host": "echo.test"},
    ],
)
async def test_no_change_of_a_route_leaves_a_path_without_its_check(world, change):
    key = world.add(route_body())
    await steps(world, key)
    before = world.cluster.objects["ProtectedRoute", key.namespace, key.name]
    world.add({**before, "spec": {**before["spec"], **change}})
    await steps(world, key)
    assert world.conditions(key)["Programmed"] is True
    assert opened(world) == {path["path"] for path in change.get("paths", before["spec"]["paths"])}


async def test_the_paths_that_stay_are_open_all_the_time(world):
    paths = [{"path": "/echo/a", "type": "Prefix"}, {"path": "/echo/b", "type": "Prefix"}]
    key = world.add(route_body(paths=paths))
    await steps(world, key)
    world.add(route_body(paths=paths[1:]))
    for _ in range(4):
        wait = await world.step(key)
        assert "/echo/b" in opened(world)
        world.now += wait
        world.report()


async def test_the_trust_in_identity_goes_from_the_gateway_before_the_edge_lets_the_client_speak(world):
    key = world.add(route_body())
    await steps(world, key)
    world.add(route_body(auth={"mode": "public"}))
    assert await world.step(key) > 0
    assert opened(world) == set()
    assert checked(world) == {"/echo"}
    await world.settle(key)
    assert opened(world) == {"/echo"}


@pytest.mark.parametrize("status", [403, 422, 500])
async def test_what_the_edge_refuses_is_not_open_at_the_gateway(world, status):
    edge_kind = INGRESS if world.platform.edge.edge_class == "nginx" else INGRESS_ROUTE
    key = world.add(route_body())
    await steps(world, key)
    (edge,) = [body["metadata"]["name"] for body in edge_objects(world)]

    # it was removed by hand, and is not accepted again
    for place in [place for place in world.cluster.objects if place[2] == edge and place[0] == edge_kind.kind]:
        body = world.cluster.objects.pop(place)
        body["metadata"]["resourceVersion"] = "100000"
        world.state.drop(edge_kind, body)
    world.cluster.refuse = lambda verb, _kind, name: status if verb == "apply" and name == edge else None
    with pytest.raises(Exception, match="refused by the test"):
        await world.step(key)
    await world.tables.write()
    assert opened(world) == set()
    if status != 500:
        assert world.conditions(key)["Programmed"] == "Refused"

    world.cluster.refuse = lambda _verb, _kind, _name: None
    await steps(world, key)
    assert opened(world) == {"/echo"}


async def test_what_the_edge_never_took_was_never_open(world):
    key = world.add(route_body())
    world.cluster.refuse = lambda verb, kind, _name: 422 if verb == "apply" and kind.kind in EDGES.values() else None
    for _ in range(3):
        with pytest.raises(Exception, match="refused by the test"):
            await world.step(key)
        await world.tables.write()
        assert opened(world) == set()
        world.now += 60


async def test_a_route_with_the_name_of_anothers_objects_takes_nothing_over(world, monkeypatch):
    """A collision, made by a digest that is the same for all."""
    monkeypatch.setattr(metadata, "_digest", lambda _text: "0" * 32)
    monkeypatch.setattr(metadata, "READABLE_LENGTH", 2)
    victim = world.add(route_body("orders", "team-prod"))
    await steps(world, victim)
    ours = {place: body for place, body in world.cluster.objects.items() if place[0] not in {"ProtectedRoute", "Event"}}

    attacker = world.add(route_body("prod-orders", "team", auth={"mode": "public"}))
    for _ in range(5):
        wait = await world.step(attacker)
        world.now += wait
        world.report()
    assert world.conditions(attacker)["Programmed"] == "NameTaken"
    assert "create Event NameTaken" in world.cluster.calls
    for place, body in ours.items():
        if place[1] == world.platform.namespace and place[0] != "ConfigMap":
            assert world.cluster.objects[place] == body
    assert checked(world) == {"/orders"}

    world.remove(attacker)
    await steps(world, attacker)
    for place, body in ours.items():
        if place[1] in {world.platform.namespace, "team-prod"} and place[0] != "ConfigMap":
            assert world.cluster.objects[place] == body


async def test_an_object_that_nobody_made_for_the_route_is_left_alone(world):
    key = world.add(route_body())
    probe = World(world.platform.edge.edge_class, world.platform.gateway.implementation)
    await probe.settle(probe.add(route_body()))
    (edge,) = edge_objects(probe)
    foreign = {**edge, "metadata": {**edge["metadata"], "labels": {}, "uid": "theirs"}, "spec": {"theirs": True}}
    place = (edge["kind"], edge["metadata"]["namespace"], edge["metadata"]["name"])
    world.cluster.objects[place] = foreign
    for _ in range(4):
        world.now += await world.step(key)
        world.report()
    assert world.conditions(key)["Programmed"] == "NameTaken"
    assert world.cluster.objects[place] == foreign
    assert opened(world) == set()


def labelled_ingress(key, namespace):
    """An Ingress with the labels of a route's objects, as anyone may create one who may create Ingresses at all."""
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    rules = [{"host": host, "http": {"paths": [{"path": "/", "backend": backend}]}} for host in ("a.test", "b.test")]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "forged",
            "namespace": namespace,
            "labels": metadata.labels(key),
            "annotations": {"konghq.com/plugins": "x-sanitize"},
            "resourceVersion": "9",
            "uid": "uid-forged",
        },
        "spec": {"rules": rules},
    }


@pytest.mark.parametrize("annotations", [{}, {"konghq.com/plugins": "x-sanitize"}])
async def test_labels_in_another_namespace_neither_close_nor_stop_a_route(world, annotations):
    key = world.add(route_body())
    await steps(world, key)
    forged = labelled_ingress(key, "attacker")
    forged["metadata"]["annotations"] = annotations
    assert not world.state.put(INGRESS, forged)
    assert world.state.concerned(INGRESS, forged) == set()
    world.cluster.calls.clear()
    await world.step(key)
    assert opened(world) == {"/echo"}
    assert world.cluster.calls == []
    world.add(route_body(paths=[{"path": "/renamed", "type": "Prefix"}]))
    await steps(world, key)
    assert opened(world) == {"/renamed"}


async def test_an_ingress_of_another_shape_in_the_routes_namespace_is_removed(world):
    key = world.add(route_body())
    await steps(world, key)
    forged = labelled_ingress(key, key.namespace)
    world.cluster.objects["Ingress", key.namespace, "forged"] = forged
    assert world.state.put(INGRESS, forged)
    await world.settle(key)
    assert ("Ingress", key.namespace, "forged") not in world.cluster.objects
    assert opened(world) == {"/echo"}


async def test_objects_under_former_names_are_replaced_without_an_open_moment(world, monkeypatch):
    key = world.add(route_body())
    with monkeypatch.context() as patch:
        patch.setattr(metadata, "DIGEST_LENGTH", 8)
        await steps(world, key)
    await steps(world, key)
    assert len(edge_objects(world)) == 1
    assert opened(world) == {"/echo"}


@pytest.mark.parametrize(("before", "after"), [("nginx", "traefik"), ("traefik", "nginx")])
async def test_another_class_of_edge_leaves_nothing_of_the_one_before(before, after):
    world = World(before, "standalone")
    key = world.add(route_body())
    await world.settle(key)
    other = World(after, "standalone")
    other.cluster, other.state = world.cluster, world.state
    rebuilt = World(after, "standalone")
    for place, body in world.cluster.objects.items():
        rebuilt.cluster.objects[place] = body
    rebuilt.state.live = world.state.live
    rebuilt.state._owners = world.state._owners
    rebuilt.add(route_body())
    await steps(rebuilt, key)
    assert rebuilt.cluster.of_kind(EDGES[before]) == []
    assert rebuilt.cluster.of_kind("Middleware") == [] or after == "traefik"
    assert len(edge_objects(rebuilt)) == 1


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("end", ["kept", "removed"])
async def test_another_gateway_leaves_nothing_of_kong(edge, end):
    before = World(edge, "kong")
    key = before.add(route_body())
    await before.settle(key)
    after = World(edge, "standalone")
    after.add_gateway_pod()
    after.cluster.objects |= before.cluster.objects
    for kind in MANAGED_KINDS:
        for body in after.cluster.of_kind(kind.kind):
            after.state.put(kind, body)
    if end == "kept":
        after.add(route_body())
    await steps(after, key)
    assert after.cluster.of_kind("KongPlugin") == []
    assert [body for body in after.cluster.of_kind("Ingress") if is_kongs(body)] == []
    assert len(edge_objects(after)) == (end == "kept")


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "ExternalName", "externalName": "metadata.test", "selector": {"app": "echo"}, "ports": [{"port": 80}]},
        {"clusterIP": "None", "selector": {"app": "echo"}, "ports": [{"port": 80}]},
        {"clusterIP": "10.96.0.7", "ports": [{"port": 80}]},
    ],
    ids=["external", "headless", "without-selector"],
)
@pytest.mark.parametrize("edge", ["nginx", "traefik"])
async def test_kong_gets_no_route_to_a_service_that_cannot_be_used(edge, spec):
    world = World(edge, "kong")
    key = world.add(route_body())
    await steps(world, key)
    service = world.cluster.objects["Service", key.namespace, "echo"]
    usable = service["spec"]
    for version, given in ((800, spec), (801, usable)):
        metadata = {**service["metadata"], "resourceVersion": str(version)}
        world.state.put(SERVICE, {**service, "metadata": metadata, "spec": given})
        await steps(world, key)
        assert opened(world) == ({"/echo"} if given is usable else set())
        assert world.conditions(key)["Programmed"] == (given is usable or "BackendUnusable")
        assert checked(world) == {"/echo"}


async def test_programmed_waits_for_every_pod_of_the_gateway():
    world = World()
    world.add_gateway_pod()
    key = world.add(route_body())
    for _ in range(10):
        world.now += await world.step(key)
        if opened(world):
            break
        world.report()
    assert world.conditions(key)["Programmed"] == "Pending"
    await world.step(key)
    assert world.conditions(key)["Programmed"] == "Pending"
    world.woken.clear()
    world.report()
    assert key in world.woken
    assert await world.step(key) == 0
    assert world.conditions(key)["Programmed"] is True


async def test_programmed_waits_until_kong_has_the_route():
    world = World("traefik", "kong")
    key = world.add(route_body())
    for _ in range(10):
        world.now += await world.step(key)
    assert opened(world) == {"/echo"}
    assert world.conditions(key)["Programmed"] == "Pending"
    world.publish()
    assert await world.step(key) == 0
    assert world.conditions(key)["Programmed"] is True


async def test_what_the_gateway_refuses_is_said_with_its_reason():
    world = World()
    world.add_gateway_pod()
    key = world.add(route_body())
    await world.settle(key)
    world.woken.clear()
    world.report(echo__echo="it has no methods")
    assert world.woken == {key}
    await world.step(key)
    assert world.conditions(key)["Programmed"] == "GatewayRefused"
    world.report()
    await world.step(key)
    assert world.conditions(key)["Programmed"] is True


async def test_a_route_that_does_not_fit_says_so_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(tables_module, "TABLE_BYTES", 450)
    world = World(gateway__tables=2)
    keys = [world.add(route_body(f"r{number}")) for number in range(6)]
    for key in keys:
        for _ in range(4):
            world.now += await world.step(key)
    reasons = [world.conditions(key)["Programmed"] for key in keys]
    assert "GatewayFull" in reasons
    assert "create Event GatewayFull" in world.cluster.calls
    fitting = [key for key, reason in zip(keys, reasons, strict=True) if reason is True]
    assert len(fitting) >= 2
    for document in world.tables.documents({}).values():
        assert len(json.dumps(document["routes"])) < 550

    # the change of one that is in is still taken, and what is freed is used
    world.add(route_body(fitting[0].name, paths=[{"path": "/changed", "type": "Prefix"}]))
    await world.settle(fitting[0])
    assert "/changed" in opened(world)
    world.remove(fitting[1])
    await world.settle(fitting[1])
    late = keys[reasons.index("GatewayFull")]
    await world.settle(late)
    assert world.conditions(late)["Programmed"] is True
    assert late == RouteKey("echo", late.name)


async def test_a_table_that_is_refused_does_not_stop_the_others(monkeypatch):
    monkeypatch.setattr(tables_module, "TABLE_BYTES", 300)
    world = World(gateway__tables=2)
    first = "-external-routes-0"
    world.cluster.refuse = lambda verb, _kind, name: 422 if verb == "apply" and name.endswith(first) else None
    one, other = (world.add(route_body(name)) for name in ("one", "other"))
    for key in (one, other):
        for _ in range(4):
            world.now += await world.step(key)
    assert world.conditions(one)["Programmed"] == "Pending"
    assert world.conditions(other)["Programmed"] is True


async def test_ready_waits_for_the_network_to_know_a_pod_that_is_new():
    world = World()
    key = world.add(route_body())
    await world.settle(key)
    assert world.conditions(key)["Ready"] == "NoEndpoints"
    world.add_pod()
    wait = await world.step(key)
    assert wait > 0
    assert world.conditions(key) == {"Accepted": True, "Programmed": True, "Ready": "Pending"}
    world.now += wait
    assert await world.step(key) == 0
    assert world.conditions(key)["Ready"] is True
    # and for the next operator, which has not seen it without a pod, it stays ready
    world.reconciler._ready_since.clear()
    assert await world.step(key) == 0
    assert world.conditions(key)["Ready"] is True
