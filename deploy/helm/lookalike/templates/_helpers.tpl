{{- define "lookalike.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "lookalike.fullname" -}}
{{- $name := include "lookalike.name" . -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- /* What selects the pods of a component: (dict "root" $ "component" "gateway"). */ -}}
{{- define "lookalike.selector" -}}
app.kubernetes.io/name: {{ include "lookalike.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "lookalike.labels" -}}
{{ include "lookalike.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: lookalike
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* The names that settings.ALLOWED_HOSTS needs beside yours: KEDA and others in the cluster call the Service. */ -}}
{{- define "lookalike.serviceHosts" -}}
{{- $name := printf "%s-gateway" (include "lookalike.fullname" .) -}}
{{- $inside := printf "%s.%s" $name .Release.Namespace -}}
{{ list $name $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) | join "," }}
{{- end }}

{{- define "lookalike.gatewayUrl" -}}
http://{{ include "lookalike.fullname" . }}-gateway.{{ .Release.Namespace }}.svc:{{ .Values.gateway.service.port }}
{{- end }}

{{- define "lookalike.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "lookalike.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "lookalike.redisUrl" -}}
{{- if .Values.redis.enabled -}}
redis://{{ include "lookalike.fullname" . }}-redis:6379/0
{{- else -}}
{{ required "redis.url: name your Redis, or let the chart run one (redis.enabled)" .Values.redis.url }}
{{- end -}}
{{- end }}

{{- /* The port of an address: (dict "url" … "default" …). */ -}}
{{- define "lookalike.port" -}}
{{- $port := regexFind ":[0-9]+$" (urlParse .url).host | trimPrefix ":" -}}
{{ default .default $port }}
{{- end }}

{{- /* The text of a setting that is given as any kind of value. */ -}}
{{- define "lookalike.text" -}}
{{- if kindIs "slice" . -}}
{{ join "," . }}
{{- else if kindIs "map" . -}}
{{ toJson . }}
{{- else if and (kindIs "float64" .) (eq . (floor .)) -}}
{{ int64 . }}
{{- else -}}
{{ . }}
{{- end -}}
{{- end }}

{{- /* Whether a setting is secret, by its name; a test compares this with the class. */ -}}
{{- define "lookalike.isSecret" -}}
{{- if regexMatch "(PASSWORD|TOKEN|SECRET|_KEYS|_KEY|_KEY_ID)$" . }}yes{{ end -}}
{{- end }}

{{- /* Refuses names of settings that would do nothing, and secrets where others could read them. */ -}}
{{- define "lookalike.checked" -}}
{{- $known := .Files.Get "files/settings.env" -}}
{{- range $name, $value := .Values.settings -}}
{{- if include "lookalike.isSecret" $name -}}
{{- fail (printf "settings.%s is secret: set it in secrets" $name) -}}
{{- end -}}
{{- if or (hasSuffix "_FILE" $name) (not (regexMatch (printf "(?m)^#LOOKALIKE_%s=" $name) $known)) -}}
{{- fail (printf "settings.%s is no setting, or one that the chart sets itself" $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := .Values.secrets -}}
{{- if not (include "lookalike.isSecret" $name) -}}
{{- fail (printf "secrets.%s is no secret: set it in settings" $name) -}}
{{- end -}}
{{- $ours := list "REDIS_PASSWORD" "MILVUS_PASSWORD" "MILVUS_TOKEN" -}}
{{- if not (or (has $name $ours) (regexMatch (printf "(?m)^#LOOKALIKE_%s=" $name) $known)) -}}
{{- fail (printf "secrets.%s is no setting" $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.redis.enabled (not .Values.secrets.REDIS_PASSWORD) -}}
{{- fail "secrets.REDIS_PASSWORD: give the Redis of the chart a password, {value: …} or {name: …, key: …}" -}}
{{- end -}}
{{- end }}

{{- /* One secret as a source of a projected volume: (dict "root" $ "setting" "API_KEYS"). */ -}}
{{- define "lookalike.secretSource" -}}
{{- $given := get .root.Values.secrets .setting -}}
- secret:
    name: {{ default (include "lookalike.fullname" .root) $given.name }}
    items:
      - key: {{ ternary $given.key (.setting | lower) (not (empty $given.name)) }}
        path: {{ .setting | lower }}
{{- end }}

{{- define "lookalike.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
