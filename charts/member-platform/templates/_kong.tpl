{{/*
Kong's routes, as YAML: a list of {name, suffix, row, paths, methods, priority, plugins}.

Kong ranks routes by the number of fields that match, then those with a regular expression by `regex-priority`, then by the
longest prefix. So each route carries host, path and methods; an exact path is a regular expression of its own with a high
priority; each prefix is a route of its own, with its length as priority. A row with idempotency becomes two disjoint routes,
because a plugin with a response phase buffers every answer of its route. The methods that a path lacks are refused by a
third (405): no wider row takes them, because the edge has decided by this row's path.

What is closed leads nowhere, to a Service without pods: the controller serves a route also while its plugin is missing.
*/}}
{{- define "member-platform.kongRoutes" -}}
{{- $rows := include "member-platform.routes" . | fromYaml -}}
{{- $routes := list -}}
{{- $closedBefore := dict -}}
{{- $rules := include "member-platform.routeRules" . | fromJson -}}
{{- $everything := $rules.everyMethod -}}
{{- $priorities := $rules.kongPriorities -}}
{{- range $name, $row := $rows -}}
  {{- $keyed := list -}}
  {{- if and $row.idempotency $row.idempotency.enabled -}}{{- $keyed = $row.idempotency.methods -}}{{- end -}}
  {{- $plain := list -}}
  {{- range $row.methods -}}{{- if not (has . $keyed) -}}{{- $plain = append $plain . -}}{{- end -}}{{- end -}}
  {{- $sanitizing := list (printf "sanitize-%s" $name) -}}
  {{- if eq $row.auth "public" -}}{{- $sanitizing = append $sanitizing "no-identity" -}}{{- end -}}
  {{- range $index, $path := $row.paths -}}
    {{- $element := trimSuffix "/" $path.path -}}
    {{- $kind := "prefix" -}}
    {{- $rendered := dict "path" $path.path "pathType" "Prefix" -}}
    {{- $priority := add $priorities.prefix (len $element) -}}
    {{- if eq $path.type "Exact" -}}
      {{- $rendered = dict "path" (printf "/~%s$" (regexQuoteMeta $path.path)) "pathType" "ImplementationSpecific" -}}
      {{- $priority = int $priorities.exact -}}
    {{- end -}}
    {{- $claimed := list -}}
    {{- range $other := $rows -}}
      {{- range $other.paths -}}
        {{- if and (eq .type $path.type) (eq (trimSuffix "/" .path) $element) -}}{{- $claimed = concat $claimed $other.methods -}}{{- end -}}
      {{- end -}}
    {{- end -}}
    {{- $claimed = $claimed | uniq | sortAlpha -}}
    {{- $closed := list -}}
    {{- range $everything -}}{{- if not (has . $claimed) -}}{{- $closed = append $closed . -}}{{- end -}}{{- end -}}
    {{- $base := dict "row" $name "service" $row.service "paths" (list $rendered) "priority" $priority -}}
    {{- if $plain -}}
      {{- $routes = append $routes (merge (dict "name" (printf "%s-%d" $name $index) "methods" $plain "plugins" $sanitizing) $base) -}}
    {{- end -}}
    {{- if $keyed -}}
      {{- $routes = append $routes (merge (dict "name" (printf "%s-%d-keyed" $name $index) "methods" $keyed "plugins" (append $sanitizing (printf "idempotency-%s" $name))) $base) -}}
    {{- end -}}
    {{- /* once a path, also where several rows have it */ -}}
    {{- $key := printf "%s %s" $path.type $element -}}
    {{- if and $closed (not (hasKey $closedBefore $key)) -}}
      {{- $_ := set $closedBefore $key true -}}
      {{- $routes = append $routes (merge (dict "service" "nowhere" "name" (printf "%s-%d-closed" $name $index) "methods" $closed "plugins" (list (include "member-platform.kongNotAllowed" $claimed)) "allow" (join ", " $claimed)) $base) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- $closedPaths := list -}}
{{- range $rules.closedPaths -}}
  {{- $closedPaths = append $closedPaths (dict "path" . "pathType" "Prefix") -}}
{{- end -}}
{{- $routes = append $routes (dict "name" "closed" "service" "nowhere" "paths" $closedPaths "priority" (int $priorities.closed) "methods" $everything "plugins" (list "not-found")) -}}
{{- /* what the table leaves out is refused in the platform's words instead of Kong's; a row of / has all methods itself */ -}}
{{- $hasRoot := false -}}
{{- range $row := $rows -}}
  {{- range $row.paths -}}{{- if and (eq .type "Prefix") (eq .path "/") -}}{{- $hasRoot = true -}}{{- end -}}{{- end -}}
{{- end -}}
{{- if not $hasRoot -}}
{{- $routes = append $routes (dict "name" "unrouted" "service" "nowhere" "paths" (list (dict "path" "/" "pathType" "Prefix")) "priority" 0 "methods" $everything "plugins" (list "not-found")) -}}
{{- end -}}
{{- /* an encoded slash means one path to the edge and another to Kong: no route needs one */ -}}
{{- $encoded := list (dict "path" "/~/.*%2[Ff]" "pathType" "ImplementationSpecific") -}}
{{- $routes = append $routes (dict "name" "encoded-slash" "service" "nowhere" "paths" $encoded "priority" (int $priorities.encodedSlash) "methods" $everything "plugins" (list "not-found")) -}}
{{- toYaml $routes -}}
{{- end }}

{{/* The plugin that refuses a path's other methods: one for each list of those that it accepts. */}}
{{- define "member-platform.kongNotAllowed" -}}
not-allowed-but-{{ join "-" . | lower }}
{{- end }}

{{/*
The standalone gateway's own modules, for Kong's pre-function: its sandbox has no require, so they find one another by a table.
Comments are left out: the code is in every route's plugin.
*/}}
{{- define "member-platform.kongModules" -}}
{{- $root := index . 0 -}}
local modules = {}
local function require(name) return modules[name] end
{{- range $name := rest . }}
modules["gateway.{{ $name }}"] = (function()
{{ regexReplaceAll "(?m)^\\s*(--.*)?\n" ($root.Files.Get (printf "files/sanitize/%s.lua" $name)) "" | trim }}
end)()
{{- end }}
{{ $root.Files.Get "files/kong/request_id.lua" | trim }}
{{ $root.Files.Get "files/kong/refuse.lua" | trim }}
{{- end }}

{{/*
The plugin that takes from a row's requests what a client must not get through to a service, and refuses those that the edge has
not checked: (list $ route), route as Lua has it. A KongPlugin may never change its kind: another kind needs another name, or no
upgrade goes through.
*/}}
{{- define "member-platform.kongSanitizePlugin" -}}
{{- $root := first . -}}
plugin: pre-function
config:
  access:
    - |
      {{- include "member-platform.kongModules" (list $root "cookies" "identity" "sanitize" "problems" "problem") | nindent 6 }}
      local route = {{ last . }}
      {{- $root.Files.Get "files/kong/sanitize.lua" | nindent 6 }}
  header_filter:
    - |
      {{- $root.Files.Get "files/kong/response.lua" | nindent 6 }}
{{- end }}

{{/* A row as the code above has it. */}}
{{- define "member-platform.kongCleaningRoute" -}}
{ trusts_identity = {{ ne .auth "public" }}, requires_identity = {{ eq .auth "required" }}, cookies = {{ .forwardCookies | default false }}, bearer = true
{{- with .roles }}, roles = { {{- range $i, $role := . }}{{ if $i }},{{ end }} ["{{ $role }}"] = true{{ end }} }{{ end }} }
{{- end }}

{{/* The plugin that refuses what is closed: (list $ allow), allow empty where nothing is. */}}
{{- define "member-platform.kongClosedPlugin" -}}
{{- $root := first . -}}
plugin: pre-function
config:
  access:
    - |
      {{- include "member-platform.kongModules" (list $root "problems" "problem") | nindent 6 }}
      local allow = {{ last . | quote }}
      {{- $root.Files.Get "files/kong/closed.lua" | nindent 6 }}
  header_filter:
    - |
      {{- $root.Files.Get "files/kong/response.lua" | nindent 6 }}
{{- end }}
