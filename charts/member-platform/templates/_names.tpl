{{- define "member-platform.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Name of a part's objects: (list $ "auth") */}}
{{- define "member-platform.part" -}}
{{ include "member-platform.fullname" (first .) }}-{{ last . }}
{{- end }}

{{/* What selects a part's pods: (list $ "auth") */}}
{{- define "member-platform.selector" -}}
{{- $root := first . -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride | trunc 63 }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{/* Labels of a part's objects: (list $ "auth") */}}
{{- define "member-platform.labels" -}}
{{- $root := first . -}}
{{ include "member-platform.selector" . }}
app.kubernetes.io/part-of: member-platform
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
Labels of a component's pods: (list $ "auth"). Without the versions of chart and application: a label that changes with every
release would restart pods, databases included, that have nothing new to run.
*/}}
{{- define "member-platform.podLabels" -}}
{{- $root := first . -}}
{{ include "member-platform.selector" . }}
app.kubernetes.io/part-of: member-platform
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A platform image: (list $ .Values.auth.image) */}}
{{- define "member-platform.image" -}}
{{- $root := first . -}}
{{- $image := last . -}}
{{- with $root.Values.image.registry }}{{ . }}/{{ end -}}
{{ $image.repository }}:{{ $image.tag | default $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{/* A part's host name within the cluster: (list $ "auth") */}}
{{- define "member-platform.host" -}}
{{- $root := first . -}}
{{ include "member-platform.part" . }}.{{ $root.Release.Namespace }}.svc.{{ $root.Values.clusterDomain }}
{{- end }}

{{/* The services that are parts of the release, as YAML. */}}
{{- define "member-platform.services" -}}
{{- $enabled := list -}}
{{- range $name := list "member" "auth" "web" "shop" -}}
{{- if (index $.Values $name).enabled -}}{{- $enabled = append $enabled $name -}}{{- end -}}
{{- end -}}
{{- toYaml $enabled -}}
{{- end }}

{{/*
The Redis servers of the release, as YAML. Two, because nothing is evicted: a store that stored answers have filled must not
refuse sessions, and the other way round.
*/}}
{{- define "member-platform.redisStores" -}}
{{- toYaml (ternary (list "redis-sessions" "redis-idempotency") list .Values.redis.enabled) -}}
{{- end }}

{{/* Where clients reach the platform. */}}
{{- define "member-platform.url" -}}
{{ ternary "https" "http" .Values.edge.tls.enabled }}://{{ .Values.edge.host }}
{{- end }}

{{- define "member-platform.priorityClassName" -}}
{{- if .Values.priorityClass.create -}}{{ include "member-platform.fullname" . }}{{- else -}}{{ .Values.priorityClassName }}{{- end -}}
{{- end }}

{{/* Whether a service's database is made by the release: (list $ "member"); "true" or nothing. */}}
{{- define "member-platform.ownDatabase" -}}
{{- $root := first . -}}
{{- $service := index $root.Values (last .) -}}
{{- if and $service.database.existingSecret (not $service.database.bootstrap) -}}
{{- else if $root.Values.postgres.enabled -}}
true
{{- else -}}
{{- fail (printf "postgres.enabled is false, so %s needs a database of yours: set %s.database.existingSecret to a Secret with the keys url and migration-url." (last .) (last .)) -}}
{{- end -}}
{{- end }}

{{- define "member-platform.tokenIssuer" -}}
{{ .Values.tokens.issuer | default (include "member-platform.url" .) }}
{{- end }}
