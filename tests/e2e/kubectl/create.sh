# Making things without a manifest: every generator of create, run, expose, autoscale; marking them with
# set, label and annotate; and taking them away in all forms.
# shellcheck shell=bash

# made KIND/NAME WORDS...: create says so.
made() {
  local what=$1
  shift
  says "$what created" -n lab create "$@"
}

create_workloads() {
  says 'namespace/lab created' create namespace lab
  made deployment.apps/web deployment web --image=nginx --image=busybox --replicas=2
  made job.batch/once job once --image=busybox -- date
  says 'date' -n lab get job once -o jsonpath='{.spec.template.spec.containers[0].command[0]}'
  if since 21; then
    made cronjob.batch/often cronjob often --image=busybox --schedule='*/5 * * * *' -- date
  else
    # It only knows batch/v1beta1, which Kubernetes served until 1.24.
    refuses 'the server could not find the requested resource' -n lab create cronjob often --image=x --schedule='* * * * *'
    k -n lab create -f - > /dev/null << 'YAML'
apiVersion: batch/v1
kind: CronJob
metadata: {name: often}
spec:
  schedule: "*/5 * * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: often, image: busybox}]}}}}
YAML
    # With this one a job from a cron job needs batch/v1beta1 too.
  fi
  if since 21; then made job.batch/now job now --from=cronjob/often; fi
  says '*/5 * * * * false' -n lab get cj often -o jsonpath='{.spec.schedule} {.spec.suspend}'
  says 'pod/one created' -n lab run one --image=nginx --port=80 --env=MODE=test --labels=app=one,tier=front
  says 'one MODE=test 80 Always' -n lab get pod one \
    -o jsonpath='{.metadata.labels.app} {.spec.containers[0].env[0].name}={.spec.containers[0].env[0].value} {.spec.containers[0].ports[0].containerPort} {.spec.restartPolicy}'
  says 'pod/two created' -n lab run two --image=busybox --restart=OnFailure --command -- sleep 1
  shows $'kind: Pod\n.*image: nginx' -n lab run three --image=nginx --dry-run=client -o yaml
  says 'pod/three created (server dry run)' -n lab run three --image=nginx --dry-run=server
  refuses 'pods "three" not found' -n lab get pod three
  refuses 'deployments.apps "web" already exists' -n lab create deployment web --image=nginx
  refuses 'namespaces "nowhere" not found' -n nowhere create deployment web --image=nginx
}

create_configuration() {
  echo hello > "$WORK/files/greeting.txt"
  printf 'A=1\nB=2\n' > "$WORK/files/words.env"
  made configmap/settings configmap settings --from-literal=colour=red --from-file="$WORK/files/greeting.txt"
  says 'red hello' -n lab get cm settings -o go-template='{{.data.colour}} {{index .data "greeting.txt"}}'
  made configmap/words cm words --from-env-file="$WORK/files/words.env"
  says '1 2' -n lab get cm words -o jsonpath='{.data.A} {.data.B}'
  made secret/password secret generic password --from-literal=password=correct-horse
  says 'Y29ycmVjdC1ob3JzZQ==' -n lab get secret password -o jsonpath='{.data.password}'
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=lab -days 2 \
    -keyout "$WORK/files/tls.key" -out "$WORK/files/tls.crt" 2> /dev/null
  made secret/certificate secret tls certificate --cert="$WORK/files/tls.crt" --key="$WORK/files/tls.key"
  made secret/registry secret docker-registry registry --docker-username=u --docker-password=p --docker-email=u@example.com
  says_table 'NAME TYPE DATA AGE
certificate kubernetes.io/tls 2 AGE
password Opaque 1 AGE
registry kubernetes.io/dockerconfigjson 1 AGE' -n lab get secrets
  made serviceaccount/robot serviceaccount robot
  if since 24; then
    shows '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$' -n lab create token robot --duration=10m
    refuses 'serviceaccounts "nobody" not found' -n lab create token nobody
  fi
  made resourcequota/small quota small --hard=cpu=1,pods=20 --scopes=NotTerminating
  says '1 20 NotTerminating' -n lab get quota small -o jsonpath='{.spec.hard.cpu} {.spec.hard.pods} {.spec.scopes[0]}'
  made priorityclass.scheduling.k8s.io/high priorityclass high --value=1000 --description=important --preemption-policy=Never
  says_table "NAME VALUE GLOBAL-DEFAULT AGE PREEMPTIONPOLICY
high 1000 false AGE Never" get pc high
}

create_rights() {
  made role.rbac.authorization.k8s.io/reader role reader --verb=get,list --resource=pods,deployments.apps,pods/log
  says 'pods,pods/log deployments' -n lab get role reader -o go-template='{{range $i, $r := .rules}}{{if $i}} {{end}}{{range $j, $x := $r.resources}}{{if $j}},{{end}}{{$x}}{{end}}{{end}}'
  made rolebinding.rbac.authorization.k8s.io/readers rolebinding readers --role=reader --user=ann --serviceaccount=lab:robot
  made clusterrole.rbac.authorization.k8s.io/looker clusterrole looker --verb=get --resource=nodes
  made clusterrole.rbac.authorization.k8s.io/prober clusterrole prober --verb=get --non-resource-url=/logs/*
  made clusterrole.rbac.authorization.k8s.io/sum clusterrole sum --aggregation-rule=part=yes
  made clusterrolebinding.rbac.authorization.k8s.io/lookers clusterrolebinding lookers --clusterrole=looker --group=crew
  says_table 'NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS
readers Role/reader AGE ann lab/robot' -n lab get rolebinding -o wide
  says yes auth can-i get nodes --as x --as-group crew
  says yes auth can-i list pods -n lab --as system:serviceaccount:lab:robot
  refuses 'roles.rbac.authorization.k8s.io "reader" already exists' -n lab create role reader --verb=get --resource=pods
}

create_network() {
  made service/inside service clusterip inside --tcp=80:8080 --tcp=443:8443
  made service/headless service clusterip headless --clusterip=None --tcp=80
  made service/port service nodeport port --tcp=80:8080 --node-port=30100
  made service/balanced service loadbalancer balanced --tcp=80:8080
  made service/elsewhere service externalname elsewhere --external-name=example.com
  says_table 'NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
elsewhere ExternalName <none> example.com <none> AGE
headless ClusterIP None <none> 80/TCP AGE' -n lab get svc elsewhere headless
  shows '[0-9.]+ +<none> +80:30100/TCP' -n lab get svc port
  shows '[0-9.]+ +<pending> +80:3[0-9]+/TCP' -n lab get svc balanced
  made ingress.networking.k8s.io/entry ingress entry --rule='shop.example.com/cart*=inside:80' --class=plain
  says_table 'NAME CLASS HOSTS ADDRESS PORTS AGE
entry plain shop.example.com 80 AGE' -n lab get ingress
  says 'service/web exposed' -n lab expose deployment web --port=80 --target-port=8080
  says 'service/one-out exposed' -n lab expose pod one --port=80 --name=one-out --type=NodePort
  says 'web 80 8080' -n lab get svc web -o jsonpath='{.spec.selector.app} {.spec.ports[0].port} {.spec.ports[0].targetPort}'
  refuses 'provided port is already allocated' -n lab create service nodeport again --tcp=80 --node-port=30100
  says 'horizontalpodautoscaler.autoscaling/web autoscaled' -n lab autoscale deployment web --min=1 --max=3
  shows $'web +Deployment/web +.*<unknown>/80% +1 +3 +0' -n lab get hpa
  if since 21; then
    made poddisruptionbudget.policy/calm poddisruptionbudget calm --selector=app=web --min-available=1
    made poddisruptionbudget.policy/half pdb half --selector=app=web --max-unavailable=50%
    says_table 'NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS AGE
calm 1 N/A 0 AGE
half N/A 50% 0 AGE' -n lab get pdb
  else
    # It only knows policy/v1beta1, which Kubernetes served until 1.24.
    refuses 'no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"' -n lab create pdb calm --selector=app=web --min-available=1
  fi
}

create_describe() {
  shows $'Replicas: +2 desired \\| 0 updated.*StrategyType: +RollingUpdate.*25% max unavailable, 25% max surge' -n lab describe deployment web
  shows $'Parallelism: +1\nCompletions: +1\n.*Pods Statuses: +0 (Active|Running) / 0 Succeeded / 0 Failed' -n lab describe job once
  if since 21; then
    shows $'Schedule: +\\*/5 \\* \\* \\* \\*\nConcurrency Policy: +Allow\n' -n lab describe cronjob often
  fi
  shows $'Data\n====\npassword: +13 bytes' -n lab describe secret password
  shows $'colour:\n----\nred' -n lab describe configmap settings
  shows $'Resource +Used +Hard' -n lab describe quota small
  shows $'deployments.apps +\\[\\] +\\[\\] +\\[get list\\]' -n lab describe role reader
  shows $'ServiceAccount +robot +lab' -n lab describe rolebinding readers
  shows $'shop.example.com *\n +/cart +inside:80' -n lab describe ingress entry
  shows $'Reference: +Deployment/web\n.*Min replicas: +1\nMax replicas: +3' -n lab describe hpa web
  shows $'NodePort: +80-8080 +30100/TCP' -n lab describe svc port
  shows $'Value: +1000\n' describe priorityclass high
}

create_set() {
  says 'deployment.apps/web image updated' -n lab set image deployment/web nginx=nginx:2
  says 'deployment.apps/web env updated' -n lab set env deployment/web -c nginx MODE=fast
  says $'# Deployment web, container nginx\nMODE=fast\n# Deployment web, container busybox' -n lab set env deployment/web --list
  says 'deployment.apps/web env updated' -n lab set env deployment/web --from=configmap/words --prefix=W_
  says 'deployment.apps/web resource requirements updated' -n lab set resources deployment/web -c nginx --limits=cpu=1,memory=64Mi --requests=cpu=500m
  says 'deployment.apps/web serviceaccount updated' -n lab set serviceaccount deployment/web robot
  says 'nginx:2 fast 1 500m robot' -n lab get deployment web \
    -o jsonpath='{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].value} {.spec.template.spec.containers[0].resources.limits.cpu} {.spec.template.spec.containers[0].resources.requests.cpu} {.spec.template.spec.serviceAccountName}'
  says 'service/inside selector updated' -n lab set selector service inside app=web
  says 'rolebinding.rbac.authorization.k8s.io/readers subjects updated' -n lab set subject rolebinding readers --user=bob
  says 'ann robot bob' -n lab get rolebinding readers -o jsonpath='{.subjects[*].name}'
}

create_marks() {
  says 'configmap/settings labeled' -n lab label cm settings size=big
  refuses "'size' already has a value (big), and --overwrite is false" -n lab label cm settings size=small
  says 'configmap/settings labeled' -n lab label cm settings size=small --overwrite
  says 'small' -n lab get cm settings -o jsonpath='{.metadata.labels.size}'
  says "configmap/settings $(since 22 && echo unlabeled || echo labeled)" -n lab label cm settings size-
  says $'configmap/kube-root-ca.crt labeled\nconfigmap/settings labeled\nconfigmap/words labeled' -n lab label cm --all all=yes
  says 'configmap/words labeled' -n lab label cm -l all=yes --field-selector metadata.name=words picked=yes
  refuses 'a lowercase RFC 1123 label must consist of' create namespace Lab
  refuses 'a valid label must be an empty string or consist of' -n lab label cm settings size='not good'
  shows '^configmap/settings annotated?$' -n lab annotate cm settings note='hello world'
  says 'hello world' -n lab get cm settings -o jsonpath='{.metadata.annotations.note}'
  shows '^configmap/settings annotated?$' -n lab annotate cm settings note-
}

create_delete() {
  says "$(deleted configmap words lab) (server dry run)" -n lab delete cm words --dry-run=server
  says "$(deleted configmap words lab)" -n lab delete cm -l picked=yes
  refuses 'configmaps "words" not found' -n lab delete cm words
  says '' -n lab delete cm words --ignore-not-found
  says "$(deleted pod one lab | sed 's/deleted/force deleted/')" -n lab delete pod one --grace-period=0 --force
  says "$(deleted pod two lab)" -n lab delete pod/two --now
  says "$(deleted job.batch once lab)" -n lab delete job once --cascade=foreground
  says "$(deleted deployment.apps web lab)" -n lab delete deployment web --cascade=orphan
  says configmap/settings -n lab delete cm settings -o name
  shows '"kind":"Secret"|"status":"Success"' delete --raw /api/v1/namespaces/lab/secrets/password
  says $'secret/certificate\nsecret/registry' -n lab delete secrets --all -o name
  says "$(deleted clusterrole.rbac.authorization.k8s.io looker)
$(deleted clusterrole.rbac.authorization.k8s.io prober)" delete clusterrole looker prober
  says "$(deleted namespace lab)" delete namespace lab --timeout=30s
  refuses 'namespaces "lab" not found' get namespace lab
  refuses 'this namespace may not be deleted' delete namespace kube-system
}

scenario_create() {
  create_workloads
  create_configuration
  create_rights
  create_network
  create_describe
  create_set
  create_marks
  create_delete
}
