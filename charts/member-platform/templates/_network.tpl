{{/*
The allowed connections: [from, to, ports]. NetworkPolicies are generated from this list, ingress and egress.
Ports are named as in this table: http 8080, metrics 9090, gateway 8000 (Kong's own), tables 8081, postgres, redis, api, mail.
*/}}
{{- define "member-platform.flows" -}}
{{- $services := include "member-platform.services" . | fromYamlArray -}}
{{- $standalone := eq .Values.gateway.implementation "standalone" -}}
{{- $flows := list (list "edge" "gateway" "gateway") (list "test" "edge" "edge") -}}
{{- range $service := $services -}}
  {{- if ne (include "member-platform.routed" (list $ $service)) "" -}}
    {{- $flows = append $flows (list "gateway" $service "http") -}}
  {{- end -}}
  {{- if $.Values.networkPolicy.prometheus.namespace -}}
    {{- $flows = append $flows (list "prometheus" $service "metrics") -}}
  {{- end -}}
{{- end -}}
{{- if .Values.auth.enabled -}}
  {{- $flows = append $flows (list "edge" "auth" "http") -}}
  {{- $flows = append $flows (list "auth" "redis-sessions" "redis") -}}
  {{- if not .Values.auth.signingKeys.existingSecret -}}
    {{- $flows = append $flows (list "auth-keys" "api-server" "api") -}}
  {{- end -}}
{{- end -}}
{{- if and .Values.auth.enabled .Values.member.enabled -}}
  {{- $flows = concat $flows (list (list "auth" "member" "http") (list "member" "auth" "http")) -}}
{{- end -}}
{{- range $service := list "member" "shop" -}}
  {{- if (index $.Values $service).enabled -}}
    {{- $flows = concat $flows (list (list $service "postgres" "postgres") (list (printf "%s-database" $service) "postgres" "postgres")) -}}
  {{- end -}}
{{- end -}}
{{- if and .Values.member.enabled .Values.mail.enabled -}}
  {{- $flows = concat $flows (list (list "mail-worker" "postgres" "postgres") (list "mail-worker" "mail" "mail")) -}}
  {{- if .Values.networkPolicy.prometheus.namespace -}}
    {{- $flows = append $flows (list "prometheus" "mail-worker" "metrics") -}}
  {{- end -}}
{{- end -}}
{{- if .Values.shop.enabled -}}
  {{- $flows = append $flows (list "shop" "auth" "http") -}}
  {{- if .Values.member.enabled -}}
    {{- $flows = append $flows (list "member" "shop" "http") -}}
  {{- end -}}
{{- end -}}
{{- if .Values.web.enabled -}}
  {{- range $service := without $services "web" -}}
    {{- $flows = append $flows (list "web" $service "http") -}}
  {{- end -}}
{{- end -}}
{{- $flows = append $flows (list "gateway" "redis-idempotency" "redis") -}}
{{- if and $standalone .Values.networkPolicy.prometheus.namespace -}}
  {{- $flows = append $flows (list "prometheus" "gateway" "metrics") -}}
{{- end -}}
{{- if .Values.operator.enabled -}}
  {{- $flows = append $flows (list "operator" "api-server" "api") -}}
  {{- if $standalone -}}
    {{- $flows = append $flows (list "gateway" "operator" "tables") -}}
  {{- end -}}
  {{- if .Values.networkPolicy.prometheus.namespace -}}
    {{- $flows = append $flows (list "prometheus" "operator" "metrics") -}}
  {{- end -}}
{{- end -}}
{{- toYaml $flows -}}
{{- end }}

{{/* Whether the gateway sends requests to a service: (list $ "auth"); text or empty. */}}
{{- define "member-platform.routed" -}}
{{- range $row := (first .).Values.routes -}}
{{- if eq $row.service (last $) -}}x{{- end -}}
{{- end -}}
{{- end }}

{{/* The release's components that have pods, as YAML. */}}
{{- define "member-platform.components" -}}
{{- $components := include "member-platform.services" . | fromYamlArray -}}
{{- if and .Values.auth.enabled (not .Values.auth.signingKeys.existingSecret) }}{{ $components = append $components "auth-keys" }}{{ end -}}
{{- range $service := list "member" "shop" -}}
{{- if (index $.Values $service).enabled }}{{ $components = append $components (printf "%s-database" $service) }}{{ end -}}
{{- end -}}
{{- if and .Values.member.enabled .Values.mail.enabled }}{{ $components = append $components "mail-worker" }}{{ end -}}
{{- if eq .Values.gateway.implementation "standalone" }}{{ $components = append $components "gateway" }}{{ end -}}
{{- if .Values.operator.enabled }}{{ $components = append $components "operator" }}{{ end -}}
{{- if .Values.postgres.enabled }}{{ $components = append $components "postgres" }}{{ end -}}
{{- $components = concat $components (include "member-platform.redisStores" . | fromYamlArray) -}}
{{- toYaml (append $components "test") -}}
{{- end }}

{{/* NetworkPolicyPeers of an entry of the list, as YAML: (list $ "edge") */}}
{{- define "member-platform.peers" -}}
{{- $root := first . -}}
{{- $name := last . -}}
{{- $v := $root.Values -}}
{{- if has $name (include "member-platform.components" $root | fromYamlArray) -}}
- podSelector:
    matchLabels: {{- include "member-platform.selector" . | nindent 6 }}
{{- else if eq $name "edge" -}}
{{ include "member-platform.foreignPeer" (list (include "member-platform.edgeNamespace" $root) $v.edge.controllerPods.podLabels) }}
{{- else if eq $name "gateway" -}}
{{ include "member-platform.foreignPeer" (list $v.gateway.kong.namespace $v.gateway.kong.podLabels) }}
{{- else if eq $name "prometheus" -}}
{{ include "member-platform.foreignPeer" (list $v.networkPolicy.prometheus.namespace $v.networkPolicy.prometheus.podLabels) }}
{{- else if eq $name "api-server" -}}
{{ include "member-platform.networks" $v.networkPolicy.apiServer.cidrs }}
{{- else if eq $name "mail" -}}
{{ include "member-platform.networks" $v.networkPolicy.mail.cidrs }}
{{- else if eq $name "postgres" -}}
{{ include "member-platform.networks" $v.postgres.external.cidrs }}
{{- else if hasPrefix "redis-" $name -}}
{{ include "member-platform.networks" $v.redis.external.cidrs }}
{{- end -}}
{{- end }}

{{- define "member-platform.foreignPeer" -}}
- namespaceSelector:
    matchLabels: {kubernetes.io/metadata.name: {{ first . }}}
  {{- with last . }}
  podSelector:
    matchLabels: {{- toYaml . | nindent 6 }}
  {{- end }}
{{- end }}

{{- define "member-platform.networks" -}}
{{- range . }}
- ipBlock: {cidr: {{ . | quote }}}
{{- end }}
{{- end }}

{{- define "member-platform.edgeNamespace" -}}
{{ .Values.edge.controllerPods.namespace | default (ternary "ingress-nginx" "traefik" (eq .Values.edge.controller "nginx")) }}
{{- end }}

{{/* Port numbers by their names in the list, as YAML: (list $ "http") */}}
{{- define "member-platform.policyPorts" -}}
{{- $root := first . -}}
{{- $v := $root.Values -}}
{{- $ports := dict
  "http" (list 8080)
  "tables" (list 8081)
  "metrics" (list 9090)
  "gateway" (list (ternary ($v.gateway.kong.podPort | int) 8000 (eq $v.gateway.implementation "kong")))
  "postgres" (list (ternary 5432 ($v.postgres.external.port | int) $v.postgres.enabled))
  "redis" (list (ternary 6379 ($v.redis.external.port | int) $v.redis.enabled))
  "api" $v.networkPolicy.apiServer.ports
  "mail" (list ($v.mail.smtp.port | int))
  "edge" $v.edge.controllerPods.podPorts
-}}
{{- range get $ports (last .) }}
- {protocol: TCP, port: {{ . }}}
{{- end }}
{{- end }}
