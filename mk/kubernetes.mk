# Kubernetes: charts, their tests, local clusters.
.PHONY: images test-chart test-cluster test-images route-files chart-docs lock-chart

CHART_TOOLS := tests/chart/tools.sh
CHART_PYTEST := .tools/venv/bin/pytest -c tests/chart/pytest.ini

images: ## build the images; REGISTRY=registry.example.com pushes them (TAG=… IMAGE_TOOL=docker|podman|buildah)
	@REGISTRY="$(REGISTRY)" TAG="$(TAG)" IMAGE_TOOL="$(or $(IMAGE_TOOL),docker)" scripts/build_images.sh

test-chart: ## test the charts without a cluster (TEST=test_kong.py: one file; KONG_COMMAND=kong: also in Kong)
	@$(CHART_TOOLS)
	@$(CHART_PYTEST) -n auto -q tests/chart/$(TEST)

test-cluster: setup ## test the platform on a cluster that is marked for it (KUBECONFIG=… TEST="test_tls.py …": these files)
	@$(CHART_TOOLS)
	@.tools/venv/bin/pytest -c tests/cluster/pytest.ini -n 3 $(addprefix tests/cluster/,$(or $(TEST),.))

test-images: setup ## check the built images: size, labels, user (IMAGE_TOOL=docker IMAGE_TAG=0.1.0)
	@.venv/bin/pytest -q tests/images

route-files: setup ## generate what the charts contain of the route table (libs/platform_routes)
	@$(PYTHON) -m platform_routes.generate

chart-docs: ## generate the charts' READMEs and docs/network-policies.md
	@$(CHART_TOOLS)
	@.tools/bin/helm-docs --chart-search-root=charts --log-level warning
	@PYTHONPATH=tests/chart .tools/venv/bin/python tests/chart/network_document.py docs/network-policies.md

lock-chart: setup ## compile tests/chart/requirements.lock
	@.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet \
		--constraint requirements/dev.lock --output-file tests/chart/requirements.lock tests/chart/requirements.in

.PHONY: kind-up kind-down minikube-up minikube-down
EDGE ?= traefik
GATEWAY ?= kong

kind-up: ## create a kind cluster on this machine and install the platform (EDGE=traefik|nginx GATEWAY=kong|standalone)
	@k8s/local-up.sh kind $(EDGE) $(GATEWAY)

kind-down: ## delete the kind cluster and everything in it
	@kind delete cluster --name member-platform

minikube-up: ## the same with minikube, with a network plugin that enforces policies
	@k8s/local-up.sh minikube $(EDGE) $(GATEWAY)

minikube-down: ## delete the minikube cluster and everything in it
	@minikube delete -p member-platform
