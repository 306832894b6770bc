{{/* Security of a pod: Pod Security "restricted". (list user group) */}}
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

{{/* Where a part's pods may run: (dict "root" $ "name" "auth" "values" .Values.auth) */}}
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

{{/* Rolls the pods when what is given changes. */}}
{{- define "member-platform.checksum" -}}
{{ . | toJson | sha256sum | trunc 16 }}
{{- end }}
