{{/*
The rows of the route table whose service is a part of the release, as YAML: a dict by name. Refuses a table that the edge or
the gateway could not follow, in one sentence.
*/}}
{{- define "member-platform.routes" -}}
{{- $services := include "member-platform.services" . | fromYamlArray -}}
{{- $rows := dict -}}
{{- $policies := dict -}}
{{- $owners := dict -}}
{{- $rules := include "member-platform.routeRules" . | fromJson -}}
{{- range $name, $row := .Values.routes -}}
{{- if has $row.service $services -}}
  {{- if and $row.roles (ne $row.auth "required") -}}
    {{- fail (printf "routes.%s: roles need auth: required." $name) -}}
  {{- end -}}
  {{- $policy := printf "%s %s" $row.auth (join "," (sortAlpha ($row.roles | default list))) -}}
  {{- range $path := $row.paths -}}
    {{- $element := trimSuffix "/" $path.path -}}
    {{- if regexMatch $rules.closedPattern $path.path -}}
      {{- fail (printf "routes.%s: the path %s is never routed." $name $path.path) -}}
    {{- end -}}
    {{- $other := get $policies $element -}}
    {{- if and $other (ne $other $policy) -}}
      {{- fail (printf "routes.%s: another row has the path %s with other auth or roles; the edge decides by path alone." $name $path.path) -}}
    {{- end -}}
    {{- $_ := set $policies $element $policy -}}
    {{- range $method := $row.methods -}}
      {{- $claim := printf "%s %s %s" $path.type $element $method -}}
      {{- with get $owners $claim -}}
        {{- fail (printf "The routes %s and %s both match %s %s." . $name $method $path.path) -}}
      {{- end -}}
      {{- $_ := set $owners $claim $name -}}
    {{- end -}}
  {{- end -}}
  {{- if kindIs "map" $row.idempotency -}}
    {{- $enabled := ternary $row.idempotency.enabled true (hasKey $row.idempotency "enabled") -}}
    {{- $keyed := $row.idempotency.methods -}}
    {{- if not $keyed -}}
      {{- $keyed = list -}}
      {{- range $rules.defaultKeyedMethods -}}{{- if has . $row.methods -}}{{- $keyed = append $keyed . -}}{{- end -}}{{- end -}}
    {{- end -}}
    {{- if and $enabled (not $keyed) -}}
      {{- fail (printf "routes.%s: idempotency needs POST, PUT or PATCH among methods." $name) -}}
    {{- end -}}
    {{- range $method := $keyed -}}
      {{- if and $enabled (not (has $method $row.methods)) -}}
        {{- fail (printf "routes.%s: idempotency names %s, which is not among the row's methods." $name $method) -}}
      {{- end -}}
    {{- end -}}
    {{- $given := $row.idempotency -}}
    {{- if $enabled -}}{{- $given = merge (dict "enabled" true "methods" $keyed) $row.idempotency -}}{{- end -}}
    {{- $row = merge (dict "idempotency" $given) $row -}}
  {{- end -}}
  {{- $_ := set $rows $name $row -}}
{{- end -}}
{{- end -}}
{{- toYaml $rows -}}
{{- end }}

{{/* The rules of the route table, as JSON: generated from libs/platform_routes, the only place where they are written. */}}
{{- define "member-platform.routeRules" -}}
{{ .Files.Get "files/routes.json" }}
{{- end }}

{{/* The query of the edge's sub-request to auth for a row. */}}
{{- define "member-platform.verifyQuery" -}}
{{- if eq .auth "optional" -}}?optional=1
{{- else if .roles -}}?{{ range $i, $role := .roles }}{{ if $i }}&{{ end }}role={{ $role }}{{ end }}
{{- end -}}
{{- end }}

{{- define "member-platform.verifyUrl" -}}
http://{{ include "member-platform.host" (list . "auth") }}:8080/auth/verify
{{- end }}

{{/* Headers that the edge copies from auth's response to the request, and removes if auth omits them. */}}
{{- define "member-platform.identityHeaders" -}}
{{ (include "member-platform.routeRules" . | fromJson).identityHeaders | toYaml }}
{{- end }}

{{- define "member-platform.edgeClassName" -}}
{{ .Values.edge.ingressClassName | default .Values.edge.controller }}
{{- end }}
{{- define "member-platform.tlsSecret" -}}
{{ .Values.edge.tls.secretName | default (include "member-platform.componentName" (list . "tls")) }}
{{- end }}
{{- define "member-platform.gatewayPort" -}}
{{ ternary .Values.gateway.kong.servicePort 8000 (eq .Values.gateway.implementation "kong") }}
{{- end }}

{{/* What scripts of other origins may send, and may read of a response. */}}
{{- define "member-platform.corsAllowedHeaders" -}}
{{ (include "member-platform.routeRules" . | fromJson).corsAllowedHeaders | toYaml }}
{{- end }}
{{- define "member-platform.corsExposedHeaders" -}}
{{ (include "member-platform.routeRules" . | fromJson).corsExposedHeaders | toYaml }}
{{- end }}
