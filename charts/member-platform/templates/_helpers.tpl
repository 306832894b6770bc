{{/*
The prefix of object names: at most 40 characters, a valid name of a Service. A name that has to be shortened or changed for that
gets a hash, so that two releases never share a name.
*/}}
{{- define "member-platform.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- $name = ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- end -}}
{{- $valid := regexReplaceAll "^([0-9])" ($name | lower | replace "." "-") "r${1}" -}}
{{- if or (ne $valid $name) (gt (len $valid) 40) -}}
{{- printf "%s-%s" ($valid | trunc 31 | trimAll "-") ($name | sha256sum | trunc 8) -}}
{{- else -}}
{{- $valid -}}
{{- end -}}
{{- end }}

{{/* Name of a component's objects: (list $ "auth") */}}
{{- define "member-platform.componentName" -}}
{{ include "member-platform.fullname" (first .) }}-{{ last . }}
{{- end }}

{{/* Selector labels of a component's pods: (list $ "auth") */}}
{{- define "member-platform.selector" -}}
{{- $root := first . -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{/* Labels of a component's objects: (list $ "auth") */}}
{{- define "member-platform.labels" -}}
{{- $chart := (first .).Chart -}}
{{- $labels := include "member-platform.podLabels" . | fromYaml -}}
{{- $_ := set $labels "app.kubernetes.io/version" $chart.AppVersion -}}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" $chart.Name $chart.Version | replace "+" "_") -}}
{{- toYaml $labels -}}
{{- end }}

{{/*
Labels of a component's pods: (list $ "auth"). They omit the versions of the chart and the application: a label that changes
with every release would restart unchanged pods, databases included.
*/}}
{{- define "member-platform.podLabels" -}}
{{- $root := first . -}}
{{- $own := include "member-platform.selector" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "member-platform" -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- merge (dict) $own ($root.Values.commonLabels | default dict) ($root.Values.global.commonLabels | default dict) | toYaml -}}
{{- end }}

{{/* A platform image: (list $ .Values.auth.image) */}}
{{- define "member-platform.image" -}}
{{- $values := (first .).Values -}}
{{- $image := last . -}}
{{- $default := dict "registry" $values.image.registry "tag" ($values.image.tag | default (first .).Chart.AppVersion) -}}
{{- include "member-platform.imageReference" (list (first .) (merge (dict) (pick $image "repository" "digest") (dict "tag" ($image.tag | default $default.tag) "registry" $default.registry))) -}}
{{- end }}

{{/* An image with its registry, tag and digest: (list $ .Values.postgres.image) */}}
{{- define "member-platform.imageReference" -}}
{{- $image := last . -}}
{{- with (first .).Values.global.imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
{{ $image.repository }}:{{ $image.tag }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* The StorageClass of a volume, or nothing: (list $ .Values.redis.persistence) */}}
{{- define "member-platform.storageClassName" -}}
{{- (last .).storageClassName | default (first .).Values.global.storageClass -}}
{{- end }}

{{/* A number without an exponent, anything else as it is: Helm reads numbers as floating point. */}}
{{- define "member-platform.number" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end }}

{{/* A component's host name within the cluster: (list $ "auth") */}}
{{- define "member-platform.host" -}}
{{- $root := first . -}}
{{ include "member-platform.componentName" . }}.{{ $root.Release.Namespace }}.svc.{{ $root.Values.clusterDomain }}
{{- end }}

{{/* The enabled services, as YAML. */}}
{{- define "member-platform.services" -}}
{{- $enabled := list -}}
{{- range $name := list "member" "auth" "web" "shop" -}}
{{- if (index $.Values $name).enabled -}}{{- $enabled = append $enabled $name -}}{{- end -}}
{{- end -}}
{{- toYaml $enabled -}}
{{- end }}

{{/*
The release's Redis servers, as YAML. There are two because nothing is evicted: an idempotency store that is full must not reject
new sessions, nor the other way round.
*/}}
{{- define "member-platform.redisStores" -}}
{{- toYaml (ternary (list "redis-sessions" "redis-idempotency") list .Values.redis.enabled) -}}
{{- end }}

{{/* The platform's public URL. */}}
{{- define "member-platform.url" -}}
{{ ternary "https" "http" .Values.edge.tls.enabled }}://{{ .Values.edge.host }}
{{- end }}

{{/* Whether the release creates a service's database: (list $ "member"); "true" or empty. */}}
{{- define "member-platform.ownDatabase" -}}
{{- $root := first . -}}
{{- $service := index $root.Values (last .) -}}
{{- if and $service.database.existingSecret (not $service.database.create) -}}
{{- else if $root.Values.postgres.enabled -}}
true
{{- else -}}
{{- fail (printf "postgres.enabled is false, so %s needs an external database: set %s.database.existingSecret to a Secret with the keys url and migration-url." (last .) (last .)) -}}
{{- end -}}
{{- end }}

{{- define "member-platform.tokenIssuer" -}}
{{ .Values.accessTokens.issuer | default (include "member-platform.url" .) }}
{{- end }}

{{/* A checksum annotation's value: the pods are replaced when it changes. */}}
{{- define "member-platform.checksum" -}}
{{ . | toJson | sha256sum | trunc 16 }}
{{- end }}

{{/* The gateway's timeouts in milliseconds, as YAML: connect, send, read. */}}
{{- define "member-platform.timeoutsMs" -}}
{{- range $name := list "connect" "send" "read" }}
{{ $name }}: {{ round (mulf 1000 (get $.Values.gateway.timeouts (printf "%sSeconds" $name))) 0 | int64 }}
{{- end }}
{{- end }}

{{/* Seconds as a Kubernetes duration: 2592000 is 720h. */}}
{{- define "member-platform.duration" -}}
{{- $seconds := int64 . -}}
{{- if not (mod $seconds 3600) -}}{{ div $seconds 3600 }}h
{{- else if not (mod $seconds 60) -}}{{ div $seconds 60 }}m
{{- else -}}{{ $seconds }}s
{{- end -}}
{{- end }}

{{/*
Set every value that is null to its default; the first line of each template. Helm removes null values, so they would otherwise be
template errors. Only the free-form values keep Helm's meaning of null, which is to remove an entry.
*/}}
{{- define "member-platform.setDefaults" -}}
{{- if not .Values.defaultsSet -}}
{{- $_ := include "member-platform.fill" (list .Values (.Files.Get "files/values.yaml" | fromYaml)) -}}
{{- $_ := set .Values "defaultsSet" true -}}
{{- end -}}
{{- end }}

{{- define "member-platform.fill" -}}
{{- $values := first . -}}
{{- range $name, $default := last . -}}
{{- if kindIs "invalid" (index $values $name) -}}
{{- $_ := set $values $name (deepCopy $default) -}}
{{- else if and (kindIs "map" $default) (not (has $name (list "resources" "parameters" "routes"))) -}}
{{- $_ := include "member-platform.fill" (list (index $values $name) $default) -}}
{{- end -}}
{{- end -}}
{{- end }}
