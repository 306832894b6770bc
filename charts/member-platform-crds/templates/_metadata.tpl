{{/* Labels and annotations of a kind. */}}
{{- define "member-platform-crds.metadata" -}}
labels: {{- include "member-platform-crds.labels" . | nindent 2 }}
{{- if .Values.keep }}
annotations:
  # a kind that goes takes everybody's objects with it
  helm.sh/resource-policy: keep
{{- end }}
{{- end }}

{{/* The conditions of a status, by the Kubernetes convention. */}}
{{- define "member-platform-crds.conditions" -}}
conditions:
  description: What is the case, by the Kubernetes convention.
  type: array
  maxItems: 8
  x-kubernetes-list-type: map
  x-kubernetes-list-map-keys: [type]
  items:
    type: object
    required: [type, status, reason, message, lastTransitionTime]
    properties:
      type: {type: string, maxLength: 63, pattern: '^[A-Z][A-Za-z]*$'}
      status: {type: string, enum: ["True", "False", "Unknown"]}
      reason: {type: string, maxLength: 63, pattern: '^[A-Z][A-Za-z]*$'}
      message: {type: string, maxLength: 2048}
      observedGeneration: {type: integer, format: int64, minimum: 0}
      lastTransitionTime: {type: string, format: date-time}
{{- end }}

{{/* Labels of every object. */}}
{{- define "member-platform-crds.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: member-platform
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}
