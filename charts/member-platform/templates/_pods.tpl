{{/*
A pod template: what all pods share, and what values can change in every pod.
(dict "root" $ "name" "auth" "values" .Values.auth "pod" "member-platform.servicePod"
 "context" <dict for `pod`> "annotations" <dict> "user" 10001 "spread" true "account" "auth")

`pod` names the template of the pod's own spec; its first container is the one to which extraEnv, extraEnvFrom and
extraVolumeMounts apply. `spread`: without `affinity` prefer nodes that run no other pod of the component. `account`: the component
whose service account the pod uses, by default `name`.
*/}}
{{- define "member-platform.podTemplate" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $own := include .pod (.context | default .root) | fromYaml -}}
{{- with $own.Error }}{{ fail (printf "The pod of %s is not YAML: %s" $.name .) }}{{ end -}}
{{- $spec := include "member-platform.podDefaults" . | fromYaml -}}
{{- $spec = mergeOverwrite $spec $own -}}
{{- if $values.serviceAccount -}}
{{- with include "member-platform.serviceAccountName" (merge (dict "name" (.account | default .name)) .) -}}{{- $_ := set $spec "serviceAccountName" . -}}{{- end -}}
{{- end -}}
{{- $first := first $spec.containers -}}
{{- range $field, $extra := dict "env" $values.extraEnv "envFrom" $values.extraEnvFrom "volumeMounts" $values.extraVolumeMounts -}}
{{- if $extra -}}{{- $_ := set $first $field (concat (get $first $field | default list) $extra) -}}{{- end -}}
{{- end -}}
{{- range $container := concat $spec.containers ($spec.initContainers | default list) -}}
{{- $_ := set $container "securityContext" (mergeOverwrite (include "member-platform.containerSecurity" $root | fromYaml) ($container.securityContext | default dict) ($values.securityContext | default dict)) -}}
{{- end -}}
{{- $_ := set $spec "containers" (concat $spec.containers ($values.extraContainers | default list)) -}}
{{- with concat ($values.initContainers | default list) ($spec.initContainers | default list) -}}{{- $_ := set $spec "initContainers" . -}}{{- end -}}
{{- with concat ($spec.volumes | default list) ($values.extraVolumes | default list) -}}{{- $_ := set $spec "volumes" . -}}{{- end -}}
metadata:
  labels: {{- merge (dict) (include "member-platform.podLabels" (list $root .name) | fromYaml) ($values.podLabels | default dict) | toYaml | nindent 4 }}
  {{- with merge (dict) (.annotations | default dict) ($values.podAnnotations | default dict) }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec: {{- toYaml $spec | nindent 2 }}
{{- end }}

{{- define "member-platform.podDefaults" -}}
{{- $root := .root -}}
{{- $values := .values -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with concat ($root.Values.global.imagePullSecrets | default list) ($root.Values.imagePullSecrets | default list) | uniq }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName | default (include "member-platform.priorityClassName" $root) }}
priorityClassName: {{ . }}
{{- end }}
securityContext: {{- mergeOverwrite (include "member-platform.podSecurity" (list $root (.user | default 10001)) | fromYaml) ($values.podSecurityContext | default dict) | toYaml | nindent 2 }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $values.affinity }}
affinity: {{- toYaml $values.affinity | nindent 2 }}
{{- else if .spread }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "member-platform.selector" (list $root .name) | nindent 14 }}
{{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints:
{{- range . }}
  - {{- toYaml . | nindent 4 }}
    {{- if not .labelSelector }}
    labelSelector:
      matchLabels: {{- include "member-platform.selector" (list $root $.name) | nindent 8 }}
    {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Security context of a pod, as Pod Security "restricted" requires. (list $ user) */}}
{{- define "member-platform.podSecurity" -}}
{{- $root := first . -}}
{{- $user := last . -}}
runAsNonRoot: true
{{- if $root.Values.assignUserIds }}
runAsUser: {{ $user }}
runAsGroup: {{ $user }}
fsGroup: {{ $user }}
{{- end }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "member-platform.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "member-platform.priorityClassName" -}}
{{- if .Values.priorityClass.create -}}{{ include "member-platform.fullname" . }}{{- else -}}{{ .Values.priorityClassName }}{{- end -}}
{{- end }}

{{/* The service account of a component's pods, or nothing. (dict "root" $ "name" "auth" "values" .Values.auth) */}}
{{- define "member-platform.serviceAccountName" -}}
{{- if .values.serviceAccount.name -}}
{{ .values.serviceAccount.name }}
{{- else if .values.serviceAccount.create -}}
{{ include "member-platform.componentName" (list .root .name) }}
{{- end -}}
{{- end }}

{{/* The service account itself, for pods that need no permissions. (dict "root" $ "name" "auth" "values" .Values.auth) */}}
{{- define "member-platform.serviceAccount" -}}
{{- if .values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "member-platform.serviceAccountName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "member-platform.labels" (list .root .name) | nindent 4 }}
  {{- with .values.serviceAccount.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
{{- end }}
