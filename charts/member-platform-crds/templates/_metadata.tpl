{{/* Labels and annotations of a CustomResourceDefinition. */}}
{{- define "member-platform-crds.metadata" -}}
labels: {{- include "member-platform-crds.labels" . | nindent 2 }}
{{- if .Values.keep }}
annotations:
  # deleting a CustomResourceDefinition deletes all its objects
  helm.sh/resource-policy: keep
{{- end }}
{{- end }}

{{/* A duration as Kubernetes writes it: (dict "description" … "default" … "min" … "max" …). */}}
{{- define "member-platform-crds.duration" -}}
description: {{ .description | quote }}
type: string
minLength: 2
maxLength: 32
{{- with .default }}
default: {{ . }}
{{- end }}
x-kubernetes-validations:
  - rule: self.matches('^([0-9]+h)?([0-9]+m)?([0-9]+s)?$')
    message: must be a duration such as 720h, 10m or 1h30m
  - rule: '!self.matches("^([0-9]+h)?([0-9]+m)?([0-9]+s)?$") || (duration(self) >= duration("{{ .min }}") && duration(self) <= duration("{{ .max }}"))'
    message: must be between {{ .min }} and {{ .max }}
{{- end }}

{{/* The conditions of a status. */}}
{{- define "member-platform-crds.conditions" -}}
conditions:
  description: Conditions, as in the Kubernetes API conventions.
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
