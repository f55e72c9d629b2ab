{{- define "quangate.labels" -}}
app.kubernetes.io/name: quangate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "quangate.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "quangate.databaseSecret" -}}
{{ .Values.database.existingSecret | default (printf "%s-database" .Release.Name) }}
{{- end -}}

{{- define "quangate.keySecret" -}}
{{ .Values.keyFile.existingSecret | default (printf "%s-key-file" .Release.Name) }}
{{- end -}}

{{/* What every pod has in common: gateways and the nightly audit. */}}
{{- define "quangate.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "quangate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* A mounted Secret cannot be mode 0600 and ours at once, which the gateway insists on: copy it. */}}
{{- define "quangate.copyKeyFile" -}}
- name: key-file
  image: {{ include "quangate.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [sh, -c, umask 077 && mkdir -p "$QUANGATE_DATA" && cp /key-file/kek "$QUANGATE_DATA/kek"]
  env:
    - {name: QUANGATE_DATA, value: /var/lib/quangate/node}
  securityContext: {{- include "quangate.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: key-file, mountPath: /key-file, readOnly: true}
    - {name: data, mountPath: /var/lib/quangate}
{{- end -}}

{{- define "quangate.environment" -}}
- name: QUANGATE_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ include "quangate.databaseSecret" . }}
      key: url
{{- if or .Values.redis.existingSecret .Values.redis.url }}
- name: QUANGATE_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.redis.existingSecret | default (printf "%s-redis" .Release.Name) }}
      key: url
{{- end }}
- {name: QUANGATE_DATA, value: /var/lib/quangate/node}
- {name: QUANGATE_PORT, value: "8080"}
- {name: QUANGATE_DRAIN_S, value: {{ .Values.drainSeconds | quote }}}
{{- range $name, $value := .Values.settings }}
{{- if $value }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "quangate.volumes" -}}
- name: key-file
  secret:
    secretName: {{ include "quangate.keySecret" . }}
    defaultMode: 0444
- name: data # the key file's copy and the node's rate limits: nothing to keep
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
- name: tmp
  emptyDir: {}
{{- end -}}
