{{/*
The Job of a service with a database, one per revision: roles and database (in the chart's own PostgreSQL), migrations, the first
administrator (member), sample products (shop, if enabled). Every step is idempotent. (list $ "member")
*/}}
{{- define "member-platform.databaseJob" -}}
{{- $root := first . -}}
{{- $name := last . -}}
{{- $component := printf "%s-database" $name -}}
apiVersion: batch/v1
kind: Job
metadata:
  # a Job is immutable, so each revision has its own
  name: {{ include "member-platform.componentName" (list $root $component) }}-{{ $root.Release.Revision }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "member-platform.labels" (list $root $component) | nindent 4 }}
  {{- with $root.Values.jobs.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  backoffLimit: {{ $root.Values.jobs.backoffLimit }}
  activeDeadlineSeconds: {{ $root.Values.jobs.deadlineSeconds }}
  template:
    {{- include "member-platform.podTemplate" (dict
      "root" $root
      "name" $component
      "values" $root.Values.jobs
      "pod" "member-platform.databasePod"
      "context" .
      "account" "jobs"
    ) | nindent 4 }}
{{- end }}

{{- define "member-platform.databasePod" -}}
{{- $root := first . -}}
{{- $name := last . -}}
{{- $values := index $root.Values $name -}}
{{- $admin := and (eq $name "member") $root.Values.member.admin.create -}}
{{- $samples := and (eq $name "shop") $root.Values.shop.demoData -}}
{{- $ownDatabase := include "member-platform.ownDatabase" . -}}
restartPolicy: OnFailure
{{- if or $ownDatabase $admin $samples }}
initContainers:
  {{- if $ownDatabase }}
  - name: roles
    image: {{ include "member-platform.imageReference" (list $root $root.Values.postgres.image) }}
    imagePullPolicy: IfNotPresent
    command: [bash, /etc/bootstrap/bootstrap.sh]
    env:
      - {name: PGHOST, value: {{ include "member-platform.host" (list $root "postgres") }}}
      - {name: PGUSER, value: postgres}
      - {name: PGCONNECT_TIMEOUT, value: "3"}
      - name: PGPASSWORD
        valueFrom:
          secretKeyRef: {name: {{ include "member-platform.secretName.postgres" $root }}, key: superuser-password}
      - {name: DATABASE, value: {{ $name }}}
      - name: OWNER_PASSWORD
        valueFrom:
          secretKeyRef: {name: {{ include "member-platform.secretName.database" . }}, key: owner-password}
      - name: APP_PASSWORD
        valueFrom:
          secretKeyRef: {name: {{ include "member-platform.secretName.database" . }}, key: app-password}
    resources: {{- toYaml $root.Values.jobs.resources | nindent 6 }}
    volumeMounts:
      - {name: bootstrap, mountPath: /etc/bootstrap, readOnly: true}
      - {name: tmp, mountPath: /tmp}
  {{- end }}
  {{- if or $admin $samples }}
  {{- include "member-platform.migration" . | nindent 2 }}
  {{- end }}
{{- end }}
containers:
  {{- if $admin }}
  - name: administrator
    image: {{ include "member-platform.image" (list $root $values.image) }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args: [member, create-admin, --email, {{ $values.admin.email | quote }}, --display-name, Administrator]
    env:
      - name: MEMBER_DATABASE_URL
        valueFrom:
          secretKeyRef: {name: {{ include "member-platform.secretName.database" . }}, key: url}
      - name: MEMBER_ADMIN_PASSWORD
        valueFrom:
          secretKeyRef: {name: {{ include "member-platform.secretName.admin" $root }}, key: password}
    resources: {{- toYaml $root.Values.jobs.resources | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
  {{- else if $samples }}
  - name: sample-products
    image: {{ include "member-platform.image" (list $root $values.image) }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args: [shop, demo-data]
    env:
      - name: SHOP_DATABASE_URL
        valueFrom:
          secretKeyRef: {name: {{ include "member-platform.secretName.database" . }}, key: url}
    resources: {{- toYaml $root.Values.jobs.resources | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
  {{- else }}
  {{- include "member-platform.migration" . | nindent 2 }}
  {{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  {{- if $ownDatabase }}
  - name: bootstrap
    configMap: {name: {{ include "member-platform.componentName" (list $root "database-bootstrap") }}}
  {{- end }}
{{- end }}

{{/* The container that migrates the schema to this version. (list $ "member") */}}
{{- define "member-platform.migration" -}}
{{- $root := first . -}}
{{- $name := last . -}}
- name: migrations
  image: {{ include "member-platform.image" (list $root (index $root.Values $name).image) }}
  imagePullPolicy: {{ $root.Values.image.pullPolicy }}
  args: [{{ $name }}, migrate]
  env:
    - name: {{ upper $name }}_MIGRATION_DATABASE_URL
      valueFrom:
        secretKeyRef: {name: {{ include "member-platform.secretName.database" . }}, key: migration-url}
  resources: {{- toYaml $root.Values.jobs.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* The init container that waits for the migration, so that old pods keep serving when a migration fails. (list $ "member") */}}
{{- define "member-platform.schemaWait" -}}
{{- $root := first . -}}
{{- $name := last . -}}
- name: tables
  image: {{ include "member-platform.image" (list $root (index $root.Values $name).image) }}
  imagePullPolicy: {{ $root.Values.image.pullPolicy }}
  command: [python, /etc/schema-wait/schema_wait.py]
  # the Job is found by its component label: its name changes with every revision, which would restart the pods
  args: [{{ $name }}, {{ $name }}-database]
  env:
    - name: {{ upper $name }}_DATABASE_URL
      valueFrom:
        secretKeyRef: {name: {{ include "member-platform.secretName.database" . }}, key: url}
  resources: {{- toYaml $root.Values.jobs.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    - {name: schema-wait, mountPath: /etc/schema-wait, readOnly: true}
{{- end }}

{{- define "member-platform.schemaWaitVolume" -}}
- name: schema-wait
  configMap: {name: {{ include "member-platform.componentName" (list . "schema-wait") }}}
{{- end }}
