{{/*
Kong's routes, as YAML: a list of {name, suffix, row, paths, methods, priority, plugins}.

Kong ranks routes by the number of fields that match, then those with a regular expression by `regex-priority`, then by the
longest prefix. So each route carries host, path and methods; an exact path is a regular expression of its own with a high
priority; each prefix is a route of its own, with its length as priority. A row with idempotency becomes two disjoint routes,
because a plugin with a response phase buffers every answer of its route. The methods that a row leaves out are closed by a
third, where a shorter prefix of another row would take them and the edge has decided by this row's path.

What is closed leads nowhere, to a Service without pods: the controller serves a route also while its plugin is missing.
*/}}
{{- define "member-platform.kongRoutes" -}}
{{- $rows := include "member-platform.routes" . | fromYaml -}}
{{- $routes := list -}}
{{- $closedBefore := dict -}}
{{- range $name, $row := $rows -}}
  {{- $keyed := list -}}
  {{- if and $row.idempotency $row.idempotency.enabled -}}{{- $keyed = $row.idempotency.methods -}}{{- end -}}
  {{- $plain := list -}}
  {{- range $row.methods -}}{{- if not (has . $keyed) -}}{{- $plain = append $plain . -}}{{- end -}}{{- end -}}
  {{- $clean := list (include "member-platform.kongCleaning" $row) -}}
  {{- if eq $row.auth "public" -}}{{- $clean = append $clean "no-identity" -}}{{- end -}}
  {{- range $index, $path := $row.paths -}}
    {{- $element := trimSuffix "/" $path.path -}}
    {{- $kind := "prefix" -}}
    {{- $rendered := dict "path" $path.path "pathType" "Prefix" -}}
    {{- $priority := add 100 (len $element) -}}
    {{- if eq $path.type "Exact" -}}
      {{- $rendered = dict "path" (printf "/~%s$" (regexQuoteMeta $path.path)) "pathType" "ImplementationSpecific" -}}
      {{- $priority = 5000 -}}
    {{- end -}}
    {{- /* what the table leaves open for this path through other rows */ -}}
    {{- $claimed := list -}}
    {{- $inherited := list -}}
    {{- range $other := $rows -}}
      {{- range $other.paths -}}
        {{- $prefix := trimSuffix "/" .path -}}
        {{- if and (eq .type $path.type) (eq $prefix $element) -}}
          {{- $claimed = concat $claimed $other.methods -}}
        {{- else if and (eq .type "Prefix") (or (eq $prefix $element) (hasPrefix (printf "%s/" $prefix) $element)) -}}
          {{- $inherited = concat $inherited $other.methods -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
    {{- $closed := list -}}
    {{- range $inherited | uniq -}}{{- if not (has . $claimed) -}}{{- $closed = append $closed . -}}{{- end -}}{{- end -}}
    {{- $base := dict "row" $name "service" $row.service "paths" (list $rendered) "priority" $priority -}}
    {{- if $plain -}}
      {{- $routes = append $routes (merge (dict "name" (printf "%s-%d" $name $index) "methods" $plain "plugins" $clean) $base) -}}
    {{- end -}}
    {{- if $keyed -}}
      {{- $routes = append $routes (merge (dict "name" (printf "%s-%d-keyed" $name $index) "methods" $keyed "plugins" (append $clean (printf "idempotency-%s" $name))) $base) -}}
    {{- end -}}
    {{- /* once a path, also where several rows have it */ -}}
    {{- $key := printf "%s %s" $path.type $element -}}
    {{- if and $closed (not (hasKey $closedBefore $key)) -}}
      {{- $_ := set $closedBefore $key true -}}
      {{- $routes = append $routes (merge (dict "service" "nowhere" "name" (printf "%s-%d-closed" $name $index) "methods" $closed "plugins" (list "not-found")) $base) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- $everything := list "GET" "HEAD" "POST" "PUT" "PATCH" "DELETE" "OPTIONS" "TRACE" "CONNECT" -}}
{{- $closedPaths := list -}}
{{- range include "member-platform.closedPaths" . | fromYamlArray -}}
  {{- $closedPaths = append $closedPaths (dict "path" . "pathType" "Prefix") -}}
{{- end -}}
{{- $routes = append $routes (dict "name" "closed" "service" "nowhere" "paths" $closedPaths "priority" 10000 "methods" $everything "plugins" (list "not-found")) -}}
{{- /* what the table leaves out is told in the platform's words instead of Kong's */ -}}
{{- $rest := $everything -}}
{{- range $row := $rows -}}
  {{- range $row.paths -}}
    {{- if and (eq .type "Prefix") (eq .path "/") -}}{{- range $row.methods -}}{{- $rest = without $rest . -}}{{- end -}}{{- end -}}
  {{- end -}}
{{- end -}}
{{- $routes = append $routes (dict "name" "unrouted" "service" "nowhere" "paths" (list (dict "path" "/" "pathType" "Prefix")) "priority" 0 "methods" $rest "plugins" (list "not-found")) -}}
{{- /* an encoded slash means one path to the edge and another to Kong: nobody needs one */ -}}
{{- $encoded := list (dict "path" "/~/.*%2[Ff]" "pathType" "ImplementationSpecific") -}}
{{- $routes = append $routes (dict "name" "encoded-slash" "service" "nowhere" "paths" $encoded "priority" 20000 "methods" $everything "plugins" (list "not-found")) -}}
{{- toYaml $routes -}}
{{- end }}

{{/*
The plugin that takes from a row's requests what a client must not get through to a service. A KongPlugin may never change its
kind: another kind needs another name, or no upgrade goes through.
*/}}
{{- define "member-platform.kongCleaning" -}}
cleaning{{ if eq .auth "public" }}-identity{{ end }}{{ if not .cookies }}-cookies{{ end }}
{{- end }}

{{/*
Its code, for Kong's pre-function: (list $ trusted cookies bearer). The standalone gateway's own modules; Kong's sandbox has no require,
so they find one another by a table.
*/}}
{{- define "member-platform.kongCleaningCode" -}}
{{- $root := index . 0 -}}
local modules = {}
local function require(name) return modules[name] end
{{- range $name := list "cookies" "identity" "cleaning" }}
modules["gateway.{{ $name }}"] = (function()
{{ $root.Files.Get (printf "files/cleaning/%s.lua" $name) | trim | indent 2 }}
end)()
{{- end }}
local clean = modules["gateway.cleaning"].clean
local names = { {{- range $i, $name := include "member-platform.cookieNames" $root | fromYamlArray }}{{ if $i }},{{ end }} ["{{ $name }}"] = true{{ end }} }
local route = { trusts_identity = {{ index . 1 }}, cookies = {{ index . 2 }}, bearer = {{ index . 3 }} }
{{ $root.Files.Get "files/kong/request_id.lua" | trim }}
return function()
  clean(route, names)
  -- what a client says of itself and nobody on the way sets
  ngx.req.clear_header("Forwarded")
  ngx.req.clear_header("X-Original-Forwarded-For")
  request_id()
end
{{- end }}

{{/* The platform's cookies: their names over TLS, and over plain HTTP on a developer's machine. */}}
{{- define "member-platform.cookieNames" -}}
- __Host-access
- __Host-refresh
- __Host-form
- access
- refresh
{{- end }}

{{/* What the plugin is and is told, here and in the operator: (list $ trusted cookies bearer) */}}
{{- define "member-platform.kongCleaningPlugin" -}}
plugin: pre-function
config:
  access:
    - |
      {{- include "member-platform.kongCleaningCode" . | nindent 6 }}
  header_filter:
    - |
      {{- (first .).Files.Get "files/kong/told.lua" | nindent 6 }}
{{- end }}

{{/* The same of the one that answers what is closed. */}}
{{- define "member-platform.kongNotFoundPlugin" -}}
plugin: pre-function
config:
  access:
    - |
      {{- .Files.Get "files/kong/request_id.lua" | nindent 6 }}
      {{- .Files.Get "files/kong/closed.lua" | nindent 6 }}
  header_filter:
    - |
      {{- .Files.Get "files/kong/told.lua" | nindent 6 }}
{{- end }}
