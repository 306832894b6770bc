{{/*
A secret value: the one that is in the cluster, else a new one. `lookup` finds nothing under `helm template` and in GitOps tools
that render with it: use existing Secrets there, or each rendering generates new values. (list $ "secret's name" "key")
*/}}
{{- define "member-platform.kept" -}}
{{- $root := index . 0 -}}
{{- $present := lookup "v1" "Secret" $root.Release.Namespace (index . 1) -}}
{{- $value := get ($present.data | default dict) (index . 2) -}}
{{- if $value -}}{{ $value | b64dec }}{{- else -}}{{ randAlphaNum 40 }}{{- end -}}
{{- end }}

{{/* The same, with the value of the plugin's Secret in Kong's namespace first: (list $ "secret's name" "key" "key of the plugin's Secret") */}}
{{- define "member-platform.keptOrKongs" -}}
{{- $root := index . 0 -}}
{{- $kong := dict -}}
{{- if eq $root.Values.gateway.implementation "kong" -}}
{{- $kong = (lookup "v1" "Secret" $root.Values.gateway.kong.namespace $root.Values.gateway.kong.pluginSecretName).data | default dict -}}
{{- end -}}
{{- with get $kong (index . 3) -}}{{ . | b64dec }}{{- else -}}{{ include "member-platform.kept" . }}{{- end -}}
{{- end }}

{{/* The beginning of a generated Secret, which upgrades and `helm uninstall` keep: (list $ "auth") */}}
{{- define "member-platform.generatedSecret" -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "member-platform.componentName" . }}
  namespace: {{ (first .).Release.Namespace }}
  labels: {{- include "member-platform.labels" . | nindent 4 }}
  {{- if (first .).Values.keepOnUninstall }}
  annotations:
    # without it the kept volumes cannot be read
    helm.sh/resource-policy: keep
  {{- end }}
type: Opaque
{{- end }}

{{- define "member-platform.secretName.redis" -}}
{{ .Values.redis.existingSecret | default (include "member-platform.componentName" (list . "redis")) }}
{{- end }}
{{- define "member-platform.secretName.postgres" -}}
{{ .Values.postgres.existingSecret | default (include "member-platform.componentName" (list . "postgres")) }}
{{- end }}
{{- define "member-platform.secretName.gateway" -}}
{{ .Values.gateway.secret.existingSecret | default (include "member-platform.componentName" (list . "gateway")) }}
{{- end }}
{{- define "member-platform.secretName.serviceToken" -}}
{{ .Values.serviceTokens.existingSecret | default (include "member-platform.componentName" (list . "service-token")) }}
{{- end }}
{{- define "member-platform.secretName.fingerprintKey" -}}
{{ .Values.member.fingerprintKey.existingSecret | default (include "member-platform.componentName" (list . "member-fingerprint")) }}
{{- end }}
{{- define "member-platform.secretName.factorKeys" -}}
{{ .Values.member.factorKeys.existingSecret | default (include "member-platform.componentName" (list . "member-factors")) }}
{{- end }}
{{- define "member-platform.secretName.shopKeys" -}}
{{ .Values.shop.keys.existingSecret | default (include "member-platform.componentName" (list . "shop-keys")) }}
{{- end }}
{{- define "member-platform.secretName.admin" -}}
{{ .Values.member.admin.existingSecret | default (include "member-platform.componentName" (list . "admin")) }}
{{- end }}
{{- define "member-platform.secretName.authKeys" -}}
{{ .Values.auth.signingKeys.existingSecret | default (include "member-platform.componentName" (list . "auth-keys")) }}
{{- end }}
{{/* (list $ "member") */}}
{{- define "member-platform.secretName.database" -}}
{{- $root := first . -}}
{{ (index $root.Values (last .)).database.existingSecret | default (printf "%s-database" (include "member-platform.componentName" .)) }}
{{- end }}
