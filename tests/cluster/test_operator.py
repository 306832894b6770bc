"""The operator on a real API server: what a route becomes, what is refused, what is fixed, what is left behind."""

from __future__ import annotations

import time

import pytest
from api_proxy import ApiProxy
from cluster import MEASURED, kubectl, until
from operator_api import (
    GRANT,
    GRANTS,
    HOST,
    INGRESSES,
    OTHER,
    PLATFORM,
    POLICIES,
    ROUTES,
    SERVICES,
    TEAM,
    conditions,
    grant,
    leftovers,
    make,
    programmed,
    route,
    service,
    table,
)
from operator_process import OperatorProcess, prepared, release_owner

ROUTE_COUNT = 1000


@pytest.fixture(scope="module")
def operator(alone, door, tmp_path_factory):  # noqa: ARG001 (it has to be there)
    """An operator behind a proxy that the tests rule, running at the start of each test."""
    platform_config = prepared(PLATFORM, f"edge.host={HOST}", "edge.ingressClassName=nobodys")
    proxy = ApiProxy(door.address)
    operator = OperatorProcess(tmp_path_factory.mktemp("operator"), platform_config, proxy)
    operator.start()
    yield operator
    assert operator.stop() == 0, operator.log()[-2000:]
    proxy.close()


@pytest.fixture
def tidy(api, operator):
    """A grant for the team, a Service, and no route; afterwards none again, nor anything of one."""
    api.apply(GRANTS, grant(["/echo", "/other", "/r"]))
    api.apply(SERVICES.format(TEAM), service())
    yield
    for namespace in (TEAM, OTHER):
        for name in api.items(ROUTES.format(namespace)):
            api.delete(f"{ROUTES.format(namespace)}/{name}")
    until("nothing is left", lambda: leftovers(api) == [], within=30, pause=0.1)
    until("nothing waits", lambda: operator.is_quiet(), within=30, pause=0.1)


@pytest.mark.usefixtures("tidy")
def test_a_route_becomes_the_objects_that_it_stands_for(api):
    make(api, idempotency={}, methods=["GET", "POST"])
    (ingress,) = api.get(INGRESSES.format(PLATFORM))["items"]
    assert ingress["spec"]["rules"][0]["host"] == HOST
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/auth-url"].endswith("/auth/verify")
    (policy,) = api.get(POLICIES.format(TEAM))["items"]
    owner = kubectl("get", "clusterrole", release_owner(PLATFORM), "-o", "jsonpath={.metadata.uid}")
    assert [reference["uid"] for reference in policy["metadata"]["ownerReferences"]] == [owner]
    managers = {entry["manager"]: entry["operation"] for entry in policy["metadata"]["managedFields"]}
    assert managers == {"member-platform-operator": "Apply"}
    assert len(api.items(POLICIES.format(PLATFORM))) == 1
    entry = table(api)[f"{TEAM}/echo"]
    assert entry["upstream"] == f"{api.get(SERVICES.format(TEAM) + '/echo')['spec']['clusterIP']}:80"
    # present and without settings: keys as by default, which of these methods POST takes
    assert (entry["methods"], entry["idempotency"]) == (["GET", "POST"], {})


@pytest.mark.usefixtures("tidy")
def test_the_list_tells_host_paths_auth_and_whether_it_is_ready(api):
    make(api, auth={"mode": "required", "roles": ["admin"]})
    said = kubectl("get", "protectedroutes", namespace=TEAM).splitlines()
    assert said[0].split() == ["NAME", "HOST", "PATHS", "AUTH", "READY", "AGE"]
    assert said[1].split()[:6] == ["echo", HOST, "/echo", "required", "(admin)", "False"]


@pytest.mark.usefixtures("tidy")
def test_events_report_what_happens(api):
    make(api)

    def event_messages():
        events = api.get(f"/api/v1/namespaces/{TEAM}/events")["items"]
        uid = api.get(f"{ROUTES.format(TEAM)}/echo")["metadata"]["uid"]
        return {event["reason"]: event["message"] for event in events if event["involvedObject"].get("uid") == uid}

    until("events", lambda: {"Accepted", "Programmed", "NoEndpoints"} <= event_messages().keys(), within=20)
    assert event_messages()["NoEndpoints"] == "No pod of the Service echo is ready."


@pytest.mark.usefixtures("tidy")
def test_a_route_waits_for_its_grant_and_goes_with_it(api):
    api.apply(GRANTS, grant(["/elsewhere"]))
    api.apply(ROUTES.format(TEAM), route())
    until("it is refused", lambda: conditions(api).get("Accepted") == "NotGranted", within=20, pause=0.05)
    assert leftovers(api) == []
    api.apply(GRANTS, grant(["/echo"]))
    until("it is accepted", lambda: programmed(api), within=20, pause=0.05)
    until(
        "the grant counts it", lambda: (api.get(f"{GRANTS}/{GRANT}").get("status") or {}).get("routes") == 1, within=20
    )
    api.apply(GRANTS, grant(["/elsewhere"]))
    until("nothing is left of it", lambda: leftovers(api) == [], within=20, pause=0.05)


@pytest.mark.usefixtures("tidy")
def test_of_two_routes_for_a_path_the_older_has_it_until_it_goes(api):
    make(api, path="/echo")
    # times of creation are whole seconds
    first = api.get(f"{ROUTES.format(TEAM)}/echo")["metadata"]["creationTimestamp"]
    make(api, name="clock", path="/r/clock")
    until("the clock moves on", lambda: later_than(api, first), within=10, pause=0.2)
    api.apply(ROUTES.format(OTHER), route("newer", OTHER, "/echo/deeper"))
    refused = {"name": "newer", "namespace": OTHER}
    until(
        "the newer is refused", lambda: conditions(api, **refused).get("Accepted") == "Conflict", within=20, pause=0.05
    )
    message = api.get(f"{ROUTES.format(OTHER)}/newer")["status"]["conditions"][0]["message"]
    assert f"{TEAM}/echo" in message
    assert programmed(api)
    api.delete(f"{ROUTES.format(TEAM)}/echo")
    until("the newer has it", lambda: conditions(api, **refused).get("Accepted") is True, within=20, pause=0.05)


def later_than(api, moment):
    """Tell whether what is made now is younger."""
    made = api.apply(ROUTES.format(OTHER), route("clock", OTHER, "/r/other"))["metadata"]["creationTimestamp"]
    api.delete(f"{ROUTES.format(OTHER)}/clock")
    return made > moment


@pytest.mark.usefixtures("tidy")
def test_what_somebody_changes_is_put_back_and_what_is_others_stays(api):
    make(api)
    (policy,) = api.items(POLICIES.format(TEAM))
    (ingress,) = api.items(INGRESSES.format(PLATFORM))
    api.merge(f"{POLICIES.format(TEAM)}/{policy}", {"spec": {"ingress": [{}]}})
    key = "nginx.ingress.kubernetes.io/auth-url"
    place = f"{INGRESSES.format(PLATFORM)}/{ingress}"
    api.merge(place, {"metadata": {"annotations": {key: "http://elsewhere/", "someone": "else"}}})

    def fixed():
        rules = api.get(f"{POLICIES.format(TEAM)}/{policy}")["spec"]["ingress"]
        annotations = api.get(place)["metadata"]["annotations"]
        return rules != [{}] and annotations[key].endswith("/auth/verify") and annotations["someone"] == "else"

    until("both are as they were", fixed, within=20, pause=0.05)
    for path in (f"{POLICIES.format(TEAM)}/{policy}", place):
        api.delete(path)
    until("both are there again", lambda: api.get(f"{POLICIES.format(TEAM)}/{policy}") and api.get(place), within=20)


@pytest.mark.usefixtures("tidy")
def test_a_changed_route_changes_its_objects_and_loses_what_it_no_longer_asks_for(api):
    make(api, rateLimit={"requestsPerSecond": 5})
    (ingress,) = api.items(INGRESSES.format(PLATFORM))
    key = "nginx.ingress.kubernetes.io/limit-rps"
    assert api.get(f"{INGRESSES.format(PLATFORM)}/{ingress}")["metadata"]["annotations"][key] == "5"
    api.apply(ROUTES.format(TEAM), route(auth={"mode": "public"}))

    def changed():
        annotations = api.get(f"{INGRESSES.format(PLATFORM)}/{ingress}")["metadata"]["annotations"]
        return not [name for name in annotations if name == key or "auth" in name]

    until("the edge follows", changed, within=20, pause=0.05)


@pytest.mark.usefixtures("tidy")
def test_a_service_that_comes_changes_or_goes_is_followed(api):
    api.delete(SERVICES.format(TEAM) + "/echo")
    api.apply(ROUTES.format(TEAM), route())
    until("it is missed", lambda: conditions(api).get("Programmed") == "BackendNotFound", within=20, pause=0.05)
    assert table(api)[f"{TEAM}/echo"]["upstream"] == "127.0.0.1:1"
    api.apply(SERVICES.format(TEAM), service(port=81))
    until("the port is missed", lambda: conditions(api).get("Programmed") == "PortNotFound", within=20, pause=0.05)
    api.apply(SERVICES.format(TEAM), service())
    until("it is there", lambda: programmed(api), within=20, pause=0.05)
    api.merge(SERVICES.format(TEAM) + "/echo", {"spec": {"selector": {"app": "other"}}})

    def follows():
        (policy,) = api.get(POLICIES.format(TEAM))["items"]
        return policy["spec"]["podSelector"]["matchLabels"] == {"app": "other"}

    until("the policy follows", follows, within=20, pause=0.05)


@pytest.mark.usefixtures("tidy")
def test_nothing_is_left_of_what_went_while_the_operator_was_unavailable(api, operator):
    make(api)
    make(api, name="second", path="/r/second")
    operator.kill()
    api.delete(f"{ROUTES.format(TEAM)}/echo")
    operator.start()
    until("its ways in are gone", lambda: len(api.items(INGRESSES.format(PLATFORM))) == 1, within=20, pause=0.05)
    until("the table forgets it", lambda: list(table(api)) == [f"{TEAM}/second"], within=20, pause=0.05)
    assert programmed(api, name="second")


@pytest.mark.usefixtures("tidy")
def test_a_namespace_can_be_deleted_while_the_operator_is_unavailable(api, operator):
    api.apply(SERVICES.format(OTHER), service(namespace=OTHER))
    make(api, name="echo", namespace=OTHER, path="/other")
    operator.kill()
    kubectl("delete", "namespace", OTHER, "--wait", "--timeout=60s")
    operator.start()
    until("nothing is left", lambda: leftovers(api) == [], within=20, pause=0.05)
    kubectl("create", "namespace", OTHER)


@pytest.mark.usefixtures("tidy")
def test_killed_between_any_two_calls_the_next_one_finds_the_way(api, operator):
    """Once for each write of making a route, and of removing it: SIGKILL right after it, then another operator."""
    operator.proxy.forget()
    make(api)
    until("the events are written", lambda: len(operator.proxy.writes) >= 8, within=20)
    made = len(operator.proxy.writes)
    operator.proxy.forget()
    api.delete(f"{ROUTES.format(TEAM)}/echo")
    until("nothing is left", lambda: leftovers(api) == [], within=20, pause=0.05)
    removed = len(operator.proxy.writes)
    assert made >= 6
    assert removed >= 2

    def killing(at):
        def after(count):
            if count == at:
                operator.kill()

        operator.proxy.forget()
        operator.proxy.after_write = after

    def until_killed():
        until("it is killed", lambda: operator.is_ended, within=30, pause=0.05)
        operator.proxy.after_write = lambda _count: None
        operator.start()

    for at in range(1, made + 1):
        killing(at)
        api.apply(ROUTES.format(TEAM), route())
        until_killed()
        until(f"whole after a kill at write {at}", lambda: is_whole(api), within=30, pause=0.05)
        api.delete(f"{ROUTES.format(TEAM)}/echo")
        until("nothing is left", lambda: leftovers(api) == [], within=20, pause=0.05)
    for at in range(1, removed + 1):
        make(api)
        killing(at)
        api.delete(f"{ROUTES.format(TEAM)}/echo")
        until_killed()
        until(f"nothing is left after a kill at write {at}", lambda: leftovers(api) == [], within=30, pause=0.05)
    MEASURED["operator: writes of making and removing a route, killed after each"] = f"{made} and {removed}"


def is_whole(api):
    return (
        programmed(api)
        and len(api.items(INGRESSES.format(PLATFORM))) == 1
        and len(api.items(POLICIES.format(PLATFORM))) == 1
        and len(api.items(POLICIES.format(TEAM))) == 1
        and list(table(api)) == [f"{TEAM}/echo"]
    )


@pytest.mark.parametrize("status", [409, 429, 500, 503])
@pytest.mark.usefixtures("tidy")
def test_faults_of_the_api_server_delay_and_do_not_break(api, operator, status):
    faulty = {"left": 4}

    def fault(method, _path):
        if method in {"PATCH", "POST"} and faulty["left"] > 0:
            faulty["left"] -= 1
            return status
        return None

    operator.proxy.fault = fault
    try:
        api.apply(ROUTES.format(TEAM), route())
        until("whole all the same", lambda: is_whole(api), within=60, pause=0.1)
    finally:
        operator.proxy.fault = lambda _method, _path: None
    assert faulty["left"] == 0


@pytest.mark.usefixtures("tidy")
def test_a_cut_watch_is_taken_up_again(api, operator):
    assert operator.proxy.cut_watches() >= 5
    make(api)
    assert operator.proxy.cut_watches() >= 1
    api.delete(f"{ROUTES.format(TEAM)}/echo")
    until("nothing is left", lambda: leftovers(api) == [], within=60, pause=0.1)


@pytest.mark.usefixtures("tidy")
def test_a_route_that_is_as_it_should_be_costs_no_call(api, operator):
    make(api)
    until("nothing waits", lambda: operator.is_quiet(), within=30)
    operator.proxy.forget()
    api.merge(f"{ROUTES.format(TEAM)}/echo", {"metadata": {"labels": {"a": "b"}}})
    api.merge(SERVICES.format(TEAM) + "/echo", {"metadata": {"labels": {"a": "b"}}})
    make(api, name="second", path="/r/second")
    assert not [call for call in operator.proxy.writes if "/echo" in call and "second" not in call]


def followed(api):
    """How many of the team's routes are programmed, as they are now."""
    return sum(
        any(
            item["type"] == "Programmed" and item["status"] == "True"
            for item in body.get("status", {}).get("conditions", ())
        )
        for body in api.get(ROUTES.format(TEAM))["items"]
    )


@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("tidy")
def test_a_thousand_routes_converge_from_nothing(api, operator):
    """From an operator that knows nothing to all of them; then another operator, which finds nothing to do."""
    operator.stop()
    for number in range(ROUTE_COUNT):
        api.apply(ROUTES.format(TEAM), route(f"r{number:04}", path=f"/r/{number:04}"))
    operator.proxy.forget()
    began = time.monotonic()
    operator.start()
    until("all are followed", lambda: followed(api) == ROUTE_COUNT, within=600, pause=1)
    taken, writes = time.monotonic() - began, len(operator.proxy.writes)
    until("nothing waits", operator.is_quiet, within=60)
    memory = operator.memory() / (1 << 20)
    operator.stop()
    operator.proxy.forget()
    operator.start()
    until("nothing waits", operator.is_quiet, within=60)
    again = len(operator.proxy.writes)
    MEASURED["operator: 1,000 routes from nothing"] = (
        f"{taken:.0f} s, {writes / ROUTE_COUNT:.1f} writes a route, {memory:.0f} MiB, {again} writes by the next one"
    )
    for number in range(ROUTE_COUNT):
        api.delete(f"{ROUTES.format(TEAM)}/r{number:04}")
    until("nothing is left", lambda: leftovers(api) == [], within=600, pause=1)
    assert memory <= 150
    assert again == 0
    assert len(table(api)) == 0
