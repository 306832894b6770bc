"""Where nothing can be looked up (GitOps), everything is given: renderings are the same, and nothing is generated."""

from __future__ import annotations

from rendering import CHART, named, of_kind, render

VALUES = "gitops-values.yaml"


def test_two_renderings_are_the_same():
    again = render.__wrapped__(VALUES)
    assert again == render(VALUES)
    assert render.__wrapped__("traefik-standalone-values.yaml") != render("traefik-standalone-values.yaml")


def test_no_secret_is_made():
    assert of_kind(render(VALUES), "Secret") == []


def test_the_releases_own_database_is_still_made_with_the_given_passwords():
    spec = named(render(VALUES), "Job", "member-database-1")["spec"]["template"]["spec"]
    (roles, *_) = spec["initContainers"]
    given = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]["name"]
        for variable in roles["env"]
        if "valueFrom" in variable
    }
    assert roles["name"] == "roles"
    assert given == {"PGPASSWORD": "given", "OWNER_PASSWORD": "given-database", "APP_PASSWORD": "given-database"}


def test_jobs_carry_the_annotations_that_are_given():
    for job in of_kind(render(VALUES), "Job"):
        assert job["metadata"]["annotations"]["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation"


def test_every_generated_secret_can_be_given():
    """The values that name a Secret, by what would be generated without them."""
    generated = {secret["metadata"]["name"] for secret in of_kind(render("traefik-standalone-values.yaml"), "Secret")}
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    assert len(generated) == 10
    assert text.count("existingSecret:") >= len(generated) + len(["auth.redis", "auth.signingKeys"])


def test_what_is_not_to_be_kept_goes_with_the_release():
    documents = render("removable-values.yaml")
    for secret in of_kind(documents, "Secret"):
        assert "annotations" not in secret["metadata"]
    for store in of_kind(documents, "StatefulSet"):
        assert store["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Delete"
    for store in of_kind(render(), "StatefulSet"):
        assert store["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Retain"
