{{/*
A service of the platform: HTTP on 8080, metrics on 9090, probes, a read-only root file system with /tmp.
(dict "root" $ "name" "auth" "environment" <text> "initContainers" <text> "mounts" <text> "volumes" <text> "podAnnotations" <dict>)
A further program of a service's image has "values" <dict> and "program" (list "member" "mail-worker").
*/}}
{{- define "member-platform.deployment" -}}
{{- $root := .root -}}
{{- $values := .values | default (index $root.Values .name) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "member-platform.componentName" (list $root .name) }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "member-platform.labels" (list $root .name) | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  # The edge and the gateway see a ready pod within two seconds. Until then it does not count as available, neither for
  # `helm --wait` nor for the removal of an old pod.
  minReadySeconds: 3
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels: {{- include "member-platform.selector" (list $root .name) | nindent 6 }}
  template:
    {{- include "member-platform.podTemplate" (dict "root" $root "name" .name "values" $values "pod" "member-platform.servicePod" "context" . "annotations" .podAnnotations "spread" true) | nindent 4 }}
{{- end }}

{{- define "member-platform.servicePod" -}}
{{- $root := .root -}}
{{- $values := .values | default (index $root.Values .name) -}}
{{- $program := .program | default (list .name "serve") -}}
{{- $prefix := upper (first $program) -}}
terminationGracePeriodSeconds: {{ add $values.shutdownDelaySeconds $values.gracefulShutdownSeconds 5 }}
{{- with .initContainers }}
initContainers: {{- . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .name }}
    image: {{ include "member-platform.image" (list $root $values.image) }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    {{- if not $root.Values.development.reload }}
    args: {{ $program | toJson }}
    {{- else if .program }}
    args: [python, -m, watchfiles, --sigint-timeout, "5", {{ join " " $program | quote }}, /src]
    {{- end }}
    env:
      - {name: {{ $prefix }}_HOST, value: "*"}
      - {name: {{ $prefix }}_PORT, value: "8080"}
      - {name: {{ $prefix }}_METRICS_PORT, value: "9090"}
      - {name: {{ $prefix }}_LOG_LEVEL, value: {{ $values.logLevel }}}
      - {name: {{ $prefix }}_FORWARDED_ALLOW_IPS, value: {{ join "," $root.Values.trustedProxies | quote }}}
      - {name: {{ $prefix }}_SHUTDOWN_DELAY_SECONDS, value: {{ $values.shutdownDelaySeconds | quote }}}
      - {name: {{ $prefix }}_GRACEFUL_SHUTDOWN_SECONDS, value: {{ $values.gracefulShutdownSeconds | quote }}}
      {{- .environment | nindent 6 }}
    ports:
      - {name: http, containerPort: 8080}
      - {name: metrics, containerPort: 9090}
    startupProbe:
      httpGet: {path: /livez, port: http}
      periodSeconds: 1
      failureThreshold: 60
    livenessProbe:
      httpGet: {path: /livez, port: http}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /readyz, port: http}
      periodSeconds: 3
      timeoutSeconds: 3
      failureThreshold: 2
    resources: {{- toYaml $values.resources | nindent 6 }}
    {{- if $root.Values.development.reload }}
    securityContext: {readOnlyRootFilesystem: false}
    {{- end }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      {{- with .mounts }}
      {{- . | nindent 6 }}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  {{- with .volumes }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}

{{/*
A component's Service, and for the standalone gateway a headless one: its DNS name lists the ready pods, over which the gateway
balances requests itself. (list $ "auth")
*/}}
{{- define "member-platform.service" -}}
{{- $root := first . -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "member-platform.componentName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "member-platform.labels" . | nindent 4 }}
  {{- if eq $root.Values.gateway.implementation "kong" }}
  annotations:
    # Kong Ingress Controller reads these from the Service
    konghq.com/retries: "0"
    {{- $timeouts := include "member-platform.timeoutsMs" $root | fromYaml }}
    konghq.com/connect-timeout: {{ $timeouts.connect | int64 | quote }}
    konghq.com/write-timeout: {{ $timeouts.send | int64 | quote }}
    konghq.com/read-timeout: {{ $timeouts.read | int64 | quote }}
  {{- end }}
spec:
  selector: {{- include "member-platform.selector" . | nindent 4 }}
  ports:
    - {name: http, port: 8080, targetPort: http}
    - {name: metrics, port: 9090, targetPort: metrics}
{{- if eq $root.Values.gateway.implementation "standalone" }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "member-platform.componentName" . }}-pods
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "member-platform.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "member-platform.selector" . | nindent 4 }}
  ports:
    - {name: http, port: 8080, targetPort: http}
{{- end }}
{{- end }}

{{/* (dict "root" $ "name" "auth" "values" .Values.auth) */}}
{{- define "member-platform.podDisruptionBudget" -}}
{{- if .values.podDisruptionBudget.enabled }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "member-platform.componentName" (list .root .name) }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "member-platform.labels" (list .root .name) | nindent 4 }}
spec:
  minAvailable: {{ .values.podDisruptionBudget.minAvailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "member-platform.selector" (list .root .name) | nindent 6 }}
{{- end }}
{{- end }}

{{/* (dict "root" $ "name" "auth" "values" .Values.auth) */}}
{{- define "member-platform.horizontalPodAutoscaler" -}}
{{- if .values.autoscaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "member-platform.componentName" (list .root .name) }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "member-platform.labels" (list .root .name) | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "member-platform.componentName" (list .root .name) }}}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .values.autoscaling.targetCPUUtilizationPercentage }}}
{{- end }}
{{- end }}

{{/* (list $ "auth") */}}
{{- define "member-platform.serviceMonitor" -}}
{{- $root := first . -}}
{{- if $root.Values.serviceMonitor.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "member-platform.componentName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "member-platform.labels" . | nindent 4 }}
    {{- with $root.Values.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels: {{- include "member-platform.selector" . | nindent 6 }}
  endpoints:
    - {port: metrics, path: /metrics, interval: {{ $root.Values.serviceMonitor.intervalSeconds }}s}
{{- end }}
{{- end }}
