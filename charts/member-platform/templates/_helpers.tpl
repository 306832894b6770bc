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
Labels of a component's pods: (list $ "auth"). They omit the versions of the chart and the application: a label that changes
with every release would restart unchanged pods, databases included.
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

{{- define "member-platform.priorityClassName" -}}
{{- if .Values.priorityClass.create -}}{{ include "member-platform.fullname" . }}{{- else -}}{{ .Values.priorityClassName }}{{- end -}}
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

{{/* Security context of a pod, as Pod Security "restricted" requires. (list user group) */}}
{{- define "member-platform.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ first . }}
runAsGroup: {{ last . }}
fsGroup: {{ last . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "member-platform.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Scheduling of a component's pods: (dict "root" $ "name" "auth" "values" .Values.auth) */}}
{{- define "member-platform.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .values.affinity }}
affinity: {{- toYaml .values.affinity | nindent 2 }}
{{- else }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "member-platform.selector" (list .root .name) | nindent 14 }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
{{- range . }}
  - {{- toYaml . | nindent 4 }}
    {{- if not .labelSelector }}
    labelSelector:
      matchLabels: {{- include "member-platform.selector" (list $.root $.name) | nindent 8 }}
    {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "member-platform.podCommon" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "member-platform.priorityClassName" . }}
priorityClassName: {{ . }}
{{- end }}
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
