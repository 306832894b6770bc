#!/bin/sh
# Install what the chart's tests need into .tools: programs and kinds of other projects from Go modules, Python packages
# from tests/chart/requirements.lock. Does nothing when nothing is missing.
set -eu
cd "$(dirname "$0")/../.."

HELM=v3.22.0
HELM_UNITTEST=v1.1.2
KUBE_SCORE=v1.20.0
HELM_DOCS=v1.14.2
TRAEFIK=v3.7.13
GATEWAY_API=v1.6.1
PROMETHEUS_OPERATOR=v0.85.0
CERT_MANAGER=v1.21.2

TOOLS=$(pwd)/.tools
STAMP=$TOOLS/.stamp
WANTED=$(cat "$0" tests/chart/requirements.lock | sha256sum)
[ "$(cat "$STAMP" 2>/dev/null)" != "$WANTED" ] || exit 0

command -v go >/dev/null 2>&1 || { echo "The chart's tests build their tools: Go is needed (1.26 or newer)." >&2; exit 1; }
rm -f "$STAMP"
mkdir -p "$TOOLS/bin" "$TOOLS/crds"
export CGO_ENABLED=0 GOBIN="$TOOLS/bin" GOFLAGS=-buildvcs=false

install() { # package@version
    echo "  tool: $1"
    go install -trimpath -ldflags "-s -w" "$1"
}
module() { # module@version: its folder
    (cd / && GOFLAGS=-mod=mod go mod download -json "$1") | sed -n 's/^\t"Dir": "\(.*\)",*/\1/p'
}
kinds() { # module@version pattern…
    from=$(module "$1")
    [ -n "$from" ] || { echo "The module $1 cannot be downloaded." >&2; exit 1; }
    shift
    for pattern in "$@"; do
        # shellcheck disable=SC2086 # a pattern
        cp --no-preserve=mode "$from/"$pattern "$TOOLS/crds/"
    done
}

install "helm.sh/helm/v3/cmd/helm@$HELM"
install "github.com/zegl/kube-score/cmd/kube-score@$KUBE_SCORE"
install "github.com/norwoodj/helm-docs/cmd/helm-docs@$HELM_DOCS"
# its go.mod replaces modules, so it is built where it lies
echo "  tool: helm-unittest@$HELM_UNITTEST"
(cd "$(module "github.com/helm-unittest/helm-unittest@$HELM_UNITTEST")" &&
    go build -trimpath -ldflags "-s -w" -o "$TOOLS/bin/helm-unittest" ./cmd/helm-unittest)

echo "  kinds: Traefik, Gateway API, Prometheus operator, cert-manager"
rm -f "$TOOLS"/crds/*
kinds "github.com/traefik/traefik/v3@$TRAEFIK" docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml
kinds "sigs.k8s.io/gateway-api@$GATEWAY_API" 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'
kinds "github.com/prometheus-operator/prometheus-operator@$PROMETHEUS_OPERATOR" \
    example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml
kinds "github.com/cert-manager/cert-manager@$CERT_MANAGER" deploy/crds/cert-manager.io_certificates.yaml

echo "  Python packages"
[ -x "$TOOLS/venv/bin/python" ] || python3 -m venv "$TOOLS/venv"
"$TOOLS/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/chart/requirements.lock
echo "$WANTED" >"$STAMP"
