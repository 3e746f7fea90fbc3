{{- define "vision.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough that every suffix fits into the 63 characters of a name. */}}
{{- define "vision.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "vision.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "vision.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What a component's pods are found by; never changes. Takes a dict of root and component. */}}
{{- define "vision.selector" -}}
app.kubernetes.io/name: {{ include "vision.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "vision.labels" -}}
{{ include "vision.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: triton-vision
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Takes a dict of root, name (what follows triton-vision-) and, optionally, image. */}}
{{- define "vision.image" -}}
{{- .image | default (printf "%s/triton-vision-%s:%s" (trimSuffix "/" .root.Values.image.registry) .name (default .root.Chart.AppVersion .root.Values.image.tag)) }}
{{- end }}

{{- define "vision.tritonUrl" -}}
{{- if .Values.triton.enabled }}{{ include "vision.fullname" . }}-triton:8001{{ else }}{{ .Values.triton.externalUrl }}{{ end }}
{{- end }}

{{- define "vision.modelClaim" -}}
{{- .Values.modelRepository.volume.existingClaim | default (printf "%s-models" (include "vision.fullname" .)) }}
{{- end }}

{{/* Where pods that mount the claim have the repository. */}}
{{- define "vision.repository" -}}
/models{{ with .Values.modelRepository.volume.folder }}/{{ . }}{{ end }}
{{- end }}

{{/* Yes, when the models are in a claim of ours that only one node can use at a time. */}}
{{- define "vision.modelsOnOneNode" -}}
{{- $volume := .Values.modelRepository.volume }}
{{- if and (eq .Values.modelRepository.source "volume") (not $volume.existingClaim) (not (has "ReadWriteMany" $volume.accessModes)) }}yes{{ end }}
{{- end }}

{{/* Whether there is any Redis at all. */}}
{{- define "vision.sharedStore" -}}
{{- with .Values.redis }}{{ if or .enabled .external.url .external.urlSecret }}yes{{ end }}{{ end }}
{{- end }}
