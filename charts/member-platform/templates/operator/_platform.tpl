{{/*
The operator's configuration: everything that the objects of a ProtectedRoute depend on, as a dict.
*/}}
{{- define "member-platform.operator.platform" -}}
{{- $v := .Values -}}
{{- $kong := eq $v.gateway.implementation "kong" -}}
{{- $pods := dict "namespace" .Release.Namespace "labels" (include "member-platform.selector" (list . "gateway") | fromYaml) -}}
{{- if $kong -}}
{{- $pods = dict "namespace" $v.gateway.kong.namespace "labels" $v.gateway.kong.podLabels -}}
{{- end -}}
{{- /* the plugin's settings that all routes share */ -}}
{{- $plugin := dict -}}
{{- $redis := dict -}}
{{- $sanitize := dict -}}
{{- $notFound := dict -}}
{{- if $kong -}}
{{- $config := include "member-platform.idempotencyConfig" (list . (dict "service" "" "auth" "required" "idempotency" (dict "methods" list))) | fromYaml -}}
{{- $plugin = pick $config "ttl" "lock_ttl" "wait_timeout" "max_body_bytes" "fail_mode" -}}
{{- $redis = omit $config.redis "password" -}}
{{- /* the operator fills in what differs between routes */ -}}
{{- $sanitize = include "member-platform.kongSanitizePlugin" (list . "@ROUTE@") | fromYaml -}}
{{- $notFound = include "member-platform.kongClosedPlugin" (list . "@ALLOW@") | fromYaml -}}
{{- end -}}
namespace: {{ .Release.Namespace }}
fullname: {{ include "member-platform.fullname" . }}
host: {{ $v.edge.host }}
owner_name: {{ include "member-platform.operator.clusterName" . }}
reserved_paths: {{- toYaml $v.reservedPaths | nindent 2 }}
verify_url: {{ include "member-platform.verifyUrl" . }}
network_policies: {{ $v.networkPolicy.enabled }}
edge:
  edge_class: {{ $v.edge.controller }}
  class_name: {{ include "member-platform.edgeClassName" . }}
  max_body_bytes: {{ $v.edge.maxBodyBytes | int64 }}
  timeout_seconds: {{ $v.edge.timeoutSeconds }}
  annotations: {{- toYaml $v.edge.annotations | nindent 4 }}
  tls_secret: {{ ternary (include "member-platform.tlsSecret" .) "" $v.edge.tls.enabled | quote }}
  issuer_name: {{ $v.edge.tls.issuer.name | quote }}
  issuer_kind: {{ $v.edge.tls.issuer.kind | quote }}
gateway:
  implementation: {{ $v.gateway.implementation }}
  service: {{ include "member-platform.componentName" (list . "gateway") }}
  port: {{ include "member-platform.gatewayPort" . }}
  pods: {{- toYaml $pods | nindent 4 }}
  pod_port: {{ ternary $v.gateway.kong.podPort 8000 $kong }}
  class_name: {{ $v.gateway.kong.ingressClassName }}
  tables: {{ $v.gateway.standalone.joinedTables }}
  idempotency: {{- toYaml $plugin | nindent 4 }}
  redis: {{- toYaml $redis | nindent 4 }}
  sanitize: {{- toYaml $sanitize | nindent 4 }}
  closed: {{- toYaml $notFound | nindent 4 }}
  timeouts: {{- include "member-platform.timeoutsMs" . | nindent 4 }}
routes: {{- include "member-platform.routes" . | nindent 2 }}
{{- end }}

{{/* The name of the operator's cluster-scoped objects: its ClusterRole owns the objects of routes. */}}
{{- define "member-platform.operator.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace (include "member-platform.componentName" (list . "operator")) }}
{{- end }}

{{/* The names of the ConfigMaps with the standalone gateway's tables of joined routes, as YAML. */}}
{{- define "member-platform.joinedTables" -}}
{{- range $number := until (int .Values.gateway.standalone.joinedTables) }}
- {{ include "member-platform.componentName" (list $ (printf "external-routes-%d" $number)) }}
{{- end }}
{{- end }}
