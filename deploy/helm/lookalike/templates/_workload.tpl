{{- /*
A Deployment of one of our processes: (dict "root" $ "component" "gateway" "values" .Values.gateway
"image" "gateway" "queue" "scan"). Without "queue" it serves HTTP. "args" stand in for the image's
command; "volumes" are those of this process alone, "uploads" is "write" or "read"; "gpu" asks for one.
*/ -}}
{{- define "lookalike.deployment" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $scaled := and $values.autoscaling (ne $values.autoscaling.kind "none") -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "lookalike.fullname" $root }}-{{ .component }}
  labels: {{- include "lookalike.labels" . | nindent 4 }}
spec:
  {{- if not $scaled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  selector:
    matchLabels: {{- include "lookalike.selector" . | nindent 6 }}
  {{- if .gpu }}
  # There is no GPU to spare for a pod more.
  strategy:
    rollingUpdate: {maxSurge: 0, maxUnavailable: 1}
  {{- end }}
  template:
    metadata:
      labels: {{- include "lookalike.labels" . | nindent 8 }}
      annotations:
        checksum/settings: {{ include (print $root.Template.BasePath "/config.yaml") $root | sha256sum }}
        checksum/secrets: {{ include (print $root.Template.BasePath "/secret.yaml") $root | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "lookalike.podSecurity" $root | nindent 6 }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      containers:
        - name: {{ .component }}
          image: {{ $root.Values.image.registry }}lookalike-{{ .image }}:{{ default $root.Chart.AppVersion $root.Values.image.tag }}{{ with .hardware }}-{{ . }}{{ end }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          {{- with .args }}
          args: {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext: {{- include "lookalike.containerSecurity" $root | nindent 12 }}
          envFrom:
            - configMapRef: {name: {{ include "lookalike.fullname" $root }}}
          {{- with $root.Values.extraEnv }}
          env: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- include "lookalike.probes" . | nindent 10 }}
          resources: {{- include "lookalike.resources" . | nindent 12 }}
          volumeMounts: {{- include "lookalike.mounts" . | nindent 12 }}
      volumes: {{- include "lookalike.volumes" . | nindent 8 }}
      {{- include "lookalike.placement" . | nindent 6 }}
{{- end }}

{{- define "lookalike.podSecurity" -}}
serviceAccountName: {{ include "lookalike.serviceAccount" . }}
automountServiceAccountToken: false
# A Service called `lookalike` would otherwise set LOOKALIKE_PORT to an address.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ int64 .Values.security.runAsUser }}
  runAsGroup: {{ int64 .Values.security.runAsGroup }}
  fsGroup: {{ int64 .Values.security.fsGroup }}
  fsGroupChangePolicy: OnRootMismatch
  {{- with .Values.security.supplementalGroups }}
  supplementalGroups: {{- toYaml . | nindent 4 }}
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "lookalike.probes" -}}
{{- if .queue -}}
{{- /* Redis away is no reason to be killed: a worker keeps what it has, and waits. */ -}}
startupProbe:
  exec: {command: [python, -m, deploy.docker.healthcheck, {{ .queue }}]}
  periodSeconds: 15
  timeoutSeconds: 10
  failureThreshold: {{ .startupFailures }}
livenessProbe:
  exec: {command: [python, -m, deploy.docker.healthcheck, {{ .queue }}, --or-redis-away]}
  periodSeconds: 30
  timeoutSeconds: 25
  failureThreshold: 4
readinessProbe:
  exec: {command: [python, -m, deploy.docker.healthcheck, {{ .queue }}]}
  periodSeconds: 30
  timeoutSeconds: 10
  failureThreshold: 3
{{- else -}}
ports:
  - {name: http, containerPort: 8000}
startupProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 2
  timeoutSeconds: 4
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
# Not /health/ready, which asks for stores and encoders: without them the gateway answers with what is
# missing, and serves what needs none.
readinessProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 5
  timeoutSeconds: 4
  failureThreshold: 2
lifecycle:
  # Until no load balancer sends it anything new.
  preStop:
    exec: {command: [sleep, "5"]}
{{- end -}}
{{- end }}

{{- define "lookalike.resources" -}}
{{- $found := deepCopy (.values.resources | default .defaultResources) -}}
{{- if .gpu -}}
{{- $_ := set $found "limits" (set ($found.limits | default dict) .root.Values.gpu.resource 1) -}}
{{- end -}}
{{ toYaml $found }}
{{- end }}

{{- define "lookalike.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- range $index, $image := .root.Values.images }}
- {name: images-{{ $index }}, mountPath: {{ $image.mountPath }}, readOnly: true}
{{- end }}
{{- if .values.dataSize }}
- {name: data, mountPath: /data}
{{- end }}
- {name: uploads, mountPath: /data/uploads{{ if eq .uploads "read" }}, readOnly: true{{ end }}}
{{- if eq .uploads "write" }}
- {name: exports, mountPath: /data/exports}
{{- end }}
{{- if .root.Values.secrets }}
- {name: secrets, mountPath: /run/lookalike, readOnly: true}
{{- end }}
{{- if .values.spoolSize }}
- {name: spool, mountPath: /spool}
{{- end }}
{{- if .hardware }}
- {name: locks, mountPath: /locks}
{{- if .root.Values.weights.volume }}
- {name: weights, mountPath: /weights, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "lookalike.volumes" -}}
{{- $root := .root -}}
- name: tmp
  emptyDir: {}
{{- range $index, $image := $root.Values.images }}
- name: images-{{ $index }}
  {{- toYaml $image.volume | nindent 2 }}
{{- end }}
{{- with .values.dataSize }}
- name: data
  emptyDir: {sizeLimit: {{ . }}}
{{- end }}
- name: uploads
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-uploads" (include "lookalike.fullname" $root)) $root.Values.uploads.existingClaim }}
{{- if eq .uploads "write" }}
- name: exports
  persistentVolumeClaim:
    claimName: {{ default (printf "%s-exports" (include "lookalike.fullname" $root)) $root.Values.exports.existingClaim }}
{{- end }}
{{- if $root.Values.secrets }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $name := keys $root.Values.secrets | sortAlpha }}
      {{- include "lookalike.secretSource" (dict "root" $root "setting" $name) | nindent 6 }}
      {{- end }}
{{- end }}
{{- with .values.spoolSize }}
- name: spool
  emptyDir: {sizeLimit: {{ . }}}
{{- end }}
{{- if .hardware }}
# A pod has a GPU of its own, so nobody else asks for its lock.
- name: locks
  emptyDir: {}
{{- with $root.Values.weights.volume }}
- name: weights
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "lookalike.placement" -}}
{{- $gpu := ternary .root.Values.gpu dict (not (empty .gpu)) -}}
{{- with $gpu.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with merge (dict) .values.nodeSelector ($gpu.nodeSelector | default dict) }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat .values.tolerations ($gpu.tolerations | default list) }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
