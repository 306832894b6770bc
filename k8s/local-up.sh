#!/bin/sh
# Start a local cluster with an edge, a gateway and the platform: local-up.sh kind|minikube traefik|nginx kong|standalone
# Every step can be repeated. Needs docker, helm, kubectl, and kind or minikube.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=k8s/versions.env
. k8s/versions.env

CLUSTER=$1 EDGE=$2 GATEWAY=$3
TAG=local-$(date +%s)

refuse() { echo "$*" >&2; exit 1; }
case $EDGE in nginx | traefik) ;; *) refuse "EDGE must be traefik or nginx, not $EDGE." ;; esac
case $GATEWAY in kong | standalone) ;; *) refuse "GATEWAY must be kong or standalone, not $GATEWAY." ;; esac
for program in docker helm kubectl "$CLUSTER"; do
    command -v "$program" >/dev/null 2>&1 || refuse "$program is not installed."
done

case $CLUSTER in
kind)
    kind get clusters 2>/dev/null | grep -qx member-platform ||
        kind create cluster --config k8s/kind/cluster.yaml --image "$KIND_NODE_IMAGE" --wait 120s
    kubectl config use-context kind-member-platform >/dev/null
    load() { kind load docker-image --name member-platform "$@"; }
    local_values() { echo "-f k8s/kind/$1.yaml"; }
    ;;
minikube)
    # a separate profile: minikube's default network plugin ignores NetworkPolicies and cannot be changed later
    minikube status -p member-platform >/dev/null 2>&1 ||
        minikube start -p member-platform --cni=calico --memory=4g --kubernetes-version="$MINIKUBE_KUBERNETES"
    kubectl config use-context member-platform >/dev/null
    load() { minikube image load -p member-platform "$@"; }
    local_values() { :; }
    ;;
*) refuse "The cluster must be kind or minikube, not $CLUSTER." ;;
esac

chart() { # release chart repository version namespace arguments…
    release=$1 chart=$2 repository=$3 version=$4 namespace=$5
    shift 5
    helm upgrade --install "$release" "$chart" --repo "$repository" --version "$version" -n "$namespace" \
        --create-namespace --wait --timeout 5m "$@"
}

# shellcheck disable=SC2046 # word splitting is intended
case $EDGE in
nginx)
    chart ingress-nginx ingress-nginx "$INGRESS_NGINX_REPOSITORY" "$INGRESS_NGINX_CHART" ingress-nginx \
        -f k8s/controllers/ingress-nginx.yaml $(local_values ingress-nginx)
    ;;
traefik)
    chart traefik traefik "$TRAEFIK_REPOSITORY" "$TRAEFIK_CHART" traefik -f k8s/controllers/traefik.yaml $(local_values traefik)
    ;;
esac

if [ "$GATEWAY" = kong ]; then
    # the plugin's ConfigMap first: Kong mounts it
    helm upgrade --install kong-plugin-idempotency charts/kong-plugin-idempotency -n kong --create-namespace
    chart kong ingress "$KONG_REPOSITORY" "$KONG_INGRESS_CHART" kong -f k8s/controllers/kong.yaml
fi

# `kind load` cannot load images with attestations
export BUILDX_NO_DEFAULT_ATTESTATIONS=1
TAG=$TAG IMAGE_TOOL=docker scripts/build_images.sh
scripts/images.sh | while read -r image _; do
    load "$image:$TAG" </dev/null
done

helm upgrade --install member-platform charts/member-platform -n member-platform --create-namespace \
    --set image.tag="$TAG" --set edge.controller="$EDGE" --set gateway.implementation="$GATEWAY" \
    --wait --timeout 5m

if [ "$CLUSTER" = minikube ]; then
    echo "The edge's Service needs an external address: run \`minikube tunnel -p member-platform\`; then"
fi
echo "The shop is at http://member-platform.localhost/."

profiles=
[ "$EDGE" = nginx ] || profiles=,traefik
[ "$GATEWAY" = kong ] || profiles=$profiles,standalone-gateway
echo "To reload changed sources: skaffold dev -p $CLUSTER$profiles"
