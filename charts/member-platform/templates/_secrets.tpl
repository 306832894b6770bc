{{/*
A secret value: what the cluster already has, else a new one. `lookup` is empty under `helm template` and in GitOps tools
that render with it: give existing Secrets there, or each rendering makes other values. (list $ "secret's name" "key")
*/}}
{{- define "member-platform.kept" -}}
{{- $root := index . 0 -}}
{{- $present := lookup "v1" "Secret" $root.Release.Namespace (index . 1) -}}
{{- $value := get ($present.data | default dict) (index . 2) -}}
{{- if $value -}}{{ $value | b64dec }}{{- else -}}{{ randAlphaNum 40 }}{{- end -}}
{{- end }}

{{/* The same for what Kong's namespace may know already: (list $ "secret's name" "key" "key of the plugin's Secret") */}}
{{- define "member-platform.keptOrKongs" -}}
{{- $root := index . 0 -}}
{{- $kong := dict -}}
{{- if eq $root.Values.gateway.implementation "kong" -}}
{{- $kong = (lookup "v1" "Secret" $root.Values.gateway.kong.namespace $root.Values.gateway.kong.pluginSecret).data | default dict -}}
{{- end -}}
{{- with get $kong (index . 3) -}}{{ . | b64dec }}{{- else -}}{{ include "member-platform.kept" . }}{{- end -}}
{{- end }}

{{/* Head of a generated Secret, kept over upgrades and uninstall: (list $ "part") */}}
{{- define "member-platform.generatedSecret" -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "member-platform.part" . }}
  namespace: {{ (first .).Release.Namespace }}
  labels: {{- include "member-platform.labels" . | nindent 4 }}
  {{- if (first .).Values.keepOnUninstall }}
  annotations:
    # kept volumes could not be read without it
    helm.sh/resource-policy: keep
  {{- end }}
type: Opaque
{{- end }}

{{- define "member-platform.secretName.redis" -}}
{{ .Values.redis.existingSecret | default (include "member-platform.part" (list . "redis")) }}
{{- end }}
{{- define "member-platform.secretName.postgres" -}}
{{ .Values.postgres.existingSecret | default (include "member-platform.part" (list . "postgres")) }}
{{- end }}
{{- define "member-platform.secretName.gateway" -}}
{{ .Values.gateway.secret.existingSecret | default (include "member-platform.part" (list . "gateway")) }}
{{- end }}
{{- define "member-platform.secretName.serviceToken" -}}
{{ .Values.tokens.existingSecret | default (include "member-platform.part" (list . "service-token")) }}
{{- end }}
{{- define "member-platform.secretName.fingerprintKey" -}}
{{ .Values.member.fingerprintKey.existingSecret | default (include "member-platform.part" (list . "member-fingerprint")) }}
{{- end }}
{{- define "member-platform.secretName.shopKeys" -}}
{{ .Values.shop.keys.existingSecret | default (include "member-platform.part" (list . "shop-keys")) }}
{{- end }}
{{- define "member-platform.secretName.admin" -}}
{{ .Values.member.admin.existingSecret | default (include "member-platform.part" (list . "admin")) }}
{{- end }}
{{- define "member-platform.secretName.authKeys" -}}
{{ .Values.auth.keys.existingSecret | default (include "member-platform.part" (list . "auth-keys")) }}
{{- end }}
{{/* (list $ "member") */}}
{{- define "member-platform.secretName.database" -}}
{{- $root := first . -}}
{{ (index $root.Values (last .)).database.existingSecret | default (printf "%s-database" (include "member-platform.part" .)) }}
{{- end }}
