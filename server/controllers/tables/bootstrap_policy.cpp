// The default RBAC policy of Kubernetes 1.36, as facts; see policy.h for the form of the lines.
#include "controllers/policy.h"

namespace limen::controllers {

// clang-format off
const std::string_view kBootstrapPolicy = R"policy(
cluster-role admin
  collects rbac.authorization.k8s.io/aggregate-to-admin=true
cluster-role cluster-admin
  rule * | * | *
  urls * | *
cluster-role edit
  label rbac.authorization.k8s.io/aggregate-to-admin=true
  collects rbac.authorization.k8s.io/aggregate-to-edit=true
cluster-role system:aggregate-to-admin
  label rbac.authorization.k8s.io/aggregate-to-admin=true
  rule create | authorization.k8s.io | localsubjectaccessreviews
  rule create,delete,deletecollection,get,list,patch,update,watch | rbac.authorization.k8s.io | rolebindings,roles
cluster-role system:aggregate-to-edit
  label rbac.authorization.k8s.io/aggregate-to-edit=true
  rule get,list,watch | . | pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
  rule impersonate | . | serviceaccounts
  rule create,delete,deletecollection,patch,update | . | pods,pods/attach,pods/exec,pods/portforward,pods/proxy
  rule create | . | pods/eviction
  rule create,delete,deletecollection,patch,update | . | configmaps,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
  rule create | . | serviceaccounts/token
  rule create,delete,deletecollection,patch,update | .,events.k8s.io | events
  rule create,delete,deletecollection,patch,update | apps | daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
  rule create,delete,deletecollection,patch,update | autoscaling | horizontalpodautoscalers
  rule create,delete,deletecollection,patch,update | batch | cronjobs,jobs
  rule create,delete,deletecollection,patch,update | extensions | daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale
  rule create,delete,deletecollection,patch,update | policy | poddisruptionbudgets
  rule create,delete,deletecollection,patch,update | networking.k8s.io | ingresses,networkpolicies
  rule create,delete,deletecollection,get,list,patch,update,watch | coordination.k8s.io | leases
  rule create,delete,deletecollection,patch,update | resource.k8s.io | resourceclaims,resourceclaimtemplates
cluster-role system:aggregate-to-view
  label rbac.authorization.k8s.io/aggregate-to-view=true
  rule get,list,watch | . | configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
  rule get,list,watch | . | bindings,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
  rule get,list,watch | . | namespaces
  rule get,list,watch | .,events.k8s.io | events
  rule get,list,watch | discovery.k8s.io | endpointslices
  rule get,list,watch | apps | controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
  rule get,list,watch | autoscaling | horizontalpodautoscalers,horizontalpodautoscalers/status
  rule get,list,watch | batch | cronjobs,cronjobs/status,jobs,jobs/status
  rule get,list,watch | extensions | daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale
  rule get,list,watch | policy | poddisruptionbudgets,poddisruptionbudgets/status
  rule get,list,watch | networking.k8s.io | ingresses,ingresses/status,networkpolicies
  rule get,list,watch | resource.k8s.io | resourceclaims,resourceclaims/status,resourceclaimtemplates
cluster-role system:auth-delegator
  rule create | authentication.k8s.io | tokenreviews
  rule create | authorization.k8s.io | subjectaccessreviews
cluster-role system:basic-user
  rule create | authorization.k8s.io | selfsubjectaccessreviews,selfsubjectrulesreviews
  rule create | authentication.k8s.io | selfsubjectreviews
cluster-role system:certificates.k8s.io:certificatesigningrequests:nodeclient
  rule create | certificates.k8s.io | certificatesigningrequests/nodeclient
cluster-role system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
  rule create | certificates.k8s.io | certificatesigningrequests/selfnodeclient
cluster-role system:certificates.k8s.io:kube-apiserver-client-approver
  rule approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client
cluster-role system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
  rule approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client-kubelet
cluster-role system:certificates.k8s.io:kubelet-serving-approver
  rule approve | certificates.k8s.io | signers | kubernetes.io/kubelet-serving
cluster-role system:certificates.k8s.io:legacy-unknown-approver
  rule approve | certificates.k8s.io | signers | kubernetes.io/legacy-unknown
cluster-role system:discovery
  urls get | /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/
cluster-role system:heapster
  rule get,list,watch | . | events,namespaces,nodes,pods
  rule get,list,watch | extensions | deployments
cluster-role system:kube-aggregator
  rule get,list,watch | . | endpoints,services
cluster-role system:kube-controller-manager
  rule create,patch,update | .,events.k8s.io | events
  rule create | coordination.k8s.io | leases
  rule get,update | coordination.k8s.io | leases | kube-controller-manager
  rule create | . | secrets,serviceaccounts
  rule delete | . | secrets
  rule get | . | configmaps,namespaces,secrets,serviceaccounts
  rule update | . | secrets,serviceaccounts
  rule create | authentication.k8s.io | tokenreviews
  rule create | authorization.k8s.io | subjectaccessreviews
  rule list,watch | * | *
  rule create | . | serviceaccounts/token
cluster-role system:kube-dns
  rule list,watch | . | endpoints,services
cluster-role system:kube-scheduler
  rule create,patch,update | .,events.k8s.io | events
  rule create | coordination.k8s.io | leases
  rule get,list,update,watch | coordination.k8s.io | leases | kube-scheduler
  rule create,delete,deletecollection,get,list,patch,update,watch | coordination.k8s.io | leasecandidates
  rule get,list,watch | . | nodes
  rule delete,get,list,watch | . | pods
  rule create | . | bindings,pods/binding
  rule patch,update | . | pods/status
  rule get,list,watch | . | replicationcontrollers,services
  rule get,list,watch | apps,extensions | replicasets
  rule get,list,watch | apps | statefulsets
  rule get,list,watch | policy | poddisruptionbudgets
  rule get,list,watch | . | persistentvolumeclaims,persistentvolumes
  rule create | authentication.k8s.io | tokenreviews
  rule create | authorization.k8s.io | subjectaccessreviews
  rule get,list,watch | storage.k8s.io | csinodes
  rule get,list,watch | storage.k8s.io | volumeattachments
  rule get,list,watch | . | namespaces
  rule get,list,watch | storage.k8s.io | csidrivers
  rule get,list,watch | storage.k8s.io | csistoragecapacities
  rule get,list,watch | resource.k8s.io | deviceclasses
  rule get,list,patch,update,watch | resource.k8s.io | resourceclaims
  rule get,list,patch,update,watch | resource.k8s.io | resourceclaims/status
  rule update | . | pods/finalizers
  rule get,list,watch | resource.k8s.io | resourceslices
  rule create,delete | resource.k8s.io | resourceclaims
  rule patch,update | resource.k8s.io | resourceclaims/binding
cluster-role system:kubelet-api-admin
  rule get,list,watch | . | nodes
  rule proxy | . | nodes
  rule * | . | nodes/log,nodes/metrics,nodes/proxy,nodes/stats
  rule * | . | nodes/configz,nodes/healthz,nodes/pods
cluster-role system:monitoring
  urls get | /flagz,/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*,/statusz
  rule get | . | nodes/metrics
cluster-role system:node
  rule create | authentication.k8s.io | tokenreviews
  rule create | authorization.k8s.io | localsubjectaccessreviews,subjectaccessreviews
  rule get,list,watch | . | services
  rule create,get,list,watch | . | nodes
  rule patch,update | . | nodes/status
  rule patch,update | . | nodes
  rule create,patch,update | .,events.k8s.io | events
  rule get,list,watch | . | pods
  rule create,delete | . | pods
  rule patch,update | . | pods/status
  rule create | . | pods/eviction
  rule get,list,watch | . | configmaps,secrets
  rule get | . | persistentvolumeclaims,persistentvolumes
  rule get | . | endpoints
  rule create,get,list,watch | certificates.k8s.io | certificatesigningrequests
  rule create,delete,get,patch,update | coordination.k8s.io | leases
  rule get | storage.k8s.io | volumeattachments
  rule create | . | serviceaccounts/token
  rule get,patch,update | . | persistentvolumeclaims/status
  rule get,list,watch | storage.k8s.io | csidrivers
  rule create,delete,get,patch,update | storage.k8s.io | csinodes
  rule get,list,watch | node.k8s.io | runtimeclasses
  rule get | resource.k8s.io | resourceclaims
  rule deletecollection | resource.k8s.io | resourceslices
  rule get | . | serviceaccounts
cluster-role system:node-bootstrapper
  rule create,get,list,watch | certificates.k8s.io | certificatesigningrequests
cluster-role system:node-problem-detector
  rule get | . | nodes
  rule patch | . | nodes/status
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:node-proxier
  rule list,watch | . | endpoints,services
  rule get,list,watch | . | nodes
  rule create,patch,update | .,events.k8s.io | events
  rule list,watch | networking.k8s.io | servicecidrs
  rule list,watch | discovery.k8s.io | endpointslices
cluster-role system:persistent-volume-provisioner
  rule create,delete,get,list,watch | . | persistentvolumes
  rule get,list,update,watch | . | persistentvolumeclaims
  rule get,list,watch | storage.k8s.io | storageclasses
  rule watch | . | events
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:public-info-viewer
  urls get | /healthz,/livez,/readyz,/version,/version/
cluster-role system:service-account-issuer-discovery
  urls get | /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/
cluster-role system:volume-scheduler
  rule get,list,patch,update,watch | . | persistentvolumes
  rule get,list,watch | storage.k8s.io | storageclasses
  rule get,list,patch,update,watch | . | persistentvolumeclaims
cluster-role view
  label rbac.authorization.k8s.io/aggregate-to-edit=true
  collects rbac.authorization.k8s.io/aggregate-to-view=true
cluster-role system:controller:attachdetach-controller
  rule list,watch | . | persistentvolumeclaims,persistentvolumes
  rule get,list,watch | . | nodes
  rule patch,update | . | nodes/status
  rule list,watch | . | pods
  rule create,patch,update | .,events.k8s.io | events
  rule create,delete,get,list,watch | storage.k8s.io | volumeattachments
  rule get,list,watch | storage.k8s.io | csidrivers
  rule get,list,watch | storage.k8s.io | csinodes
cluster-role system:controller:certificate-controller
  rule delete,get,list,watch | certificates.k8s.io | certificatesigningrequests
  rule update | certificates.k8s.io | certificatesigningrequests/approval,certificatesigningrequests/status
  rule approve | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client-kubelet
  rule sign | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
  rule create | authorization.k8s.io | subjectaccessreviews
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:clusterrole-aggregation-controller
  rule escalate,get,list,patch,update,watch | rbac.authorization.k8s.io | clusterroles
cluster-role system:controller:cronjob-controller
  rule get,list,update,watch | batch | cronjobs
  rule create,delete,get,list,patch,update,watch | batch | jobs
  rule update | batch | cronjobs/status
  rule update | batch | cronjobs/finalizers
  rule delete,list,watch | . | pods
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:daemon-set-controller
  rule get,list,watch | apps,extensions | daemonsets
  rule update | apps,extensions | daemonsets/status
  rule update | apps,extensions | daemonsets/finalizers
  rule list,watch | . | nodes
  rule create,delete,list,patch,watch | . | pods
  rule create | . | pods/binding
  rule create,delete,get,list,patch,update,watch | apps | controllerrevisions
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:deployment-controller
  rule get,list,update,watch | apps,extensions | deployments
  rule update | apps,extensions | deployments/status
  rule update | apps,extensions | deployments/finalizers
  rule create,delete,get,list,patch,update,watch | apps,extensions | replicasets
  rule get,list,update,watch | . | pods
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:device-taint-eviction-controller
  rule delete,get,list,watch | . | pods
  rule patch,update | . | pods/status
  rule get,list,watch | resource.k8s.io | resourceclaims
  rule get,list,watch | resource.k8s.io | resourceslices
  rule get,list,watch | resource.k8s.io | deviceclasses
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:disruption-controller
  rule get,list,watch | apps,extensions | deployments
  rule get,list,watch | apps,extensions | replicasets
  rule get,list,watch | . | replicationcontrollers
  rule get,list,watch | policy | poddisruptionbudgets
  rule get,list,watch | apps | statefulsets
  rule update | policy | poddisruptionbudgets/status
  rule patch,update | . | pods/status
  rule get | * | */scale
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:endpoint-controller
  rule get,list,watch | . | pods,services
  rule create,delete,get,list,update,watch | . | endpoints
  rule create | . | endpoints/restricted
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:endpointslice-controller
  rule get,list,watch | . | nodes,pods,services
  rule update | . | services/finalizers
  rule create,delete,get,list,update,watch | discovery.k8s.io | endpointslices
  rule create | discovery.k8s.io | endpointslices/restricted
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:endpointslicemirroring-controller
  rule get,list,watch | . | endpoints,services
  rule update | . | services/finalizers
  rule update | . | endpoints/finalizers
  rule create,delete,get,list,update,watch | discovery.k8s.io | endpointslices
  rule create | discovery.k8s.io | endpointslices/restricted
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:ephemeral-volume-controller
  rule get,list,watch | . | pods
  rule update | . | pods/finalizers
  rule create,get,list,watch | . | persistentvolumeclaims
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:expand-controller
  rule get,list,patch,update,watch | . | persistentvolumes
  rule patch,update | . | persistentvolumeclaims/status
  rule get,list,watch | . | persistentvolumeclaims
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:generic-garbage-collector
  rule delete,get,list,patch,update,watch | * | *
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:horizontal-pod-autoscaler
  rule get,list,watch | autoscaling | horizontalpodautoscalers
  rule update | autoscaling | horizontalpodautoscalers/status
  rule get,update | * | */scale
  rule list,watch | . | pods
  rule list,watch | metrics.k8s.io | pods
  rule get,list,watch | custom.metrics.k8s.io | *
  rule get,list,watch | external.metrics.k8s.io | *
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:job-controller
  rule get,list,patch,update,watch | batch | jobs
  rule update | batch | jobs/status
  rule update | batch | jobs/finalizers
  rule create,delete,list,patch,watch | . | pods
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:legacy-service-account-token-cleaner
  rule get | . | configmaps | kube-apiserver-legacy-service-account-token-tracking
  rule delete,patch | . | secrets
cluster-role system:controller:namespace-controller
  rule delete,get,list,watch | . | namespaces
  rule update | . | namespaces/finalize,namespaces/status
  rule delete,deletecollection,get,list,watch | * | *
cluster-role system:controller:node-controller
  rule delete,get,list,patch,update,watch | . | nodes
  rule patch,update | . | nodes/status
  rule patch,update | . | pods/status
  rule delete,get,list,watch | . | pods
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:persistent-volume-binder
  rule create,delete,get,list,update,watch | . | persistentvolumes
  rule update | . | persistentvolumes/status
  rule get,list,update,watch | . | persistentvolumeclaims
  rule update | . | persistentvolumeclaims/status
  rule create,delete,get,list,watch | . | pods
  rule get,list,watch | storage.k8s.io | storageclasses
  rule list,watch | . | nodes
  rule create,patch,update | .,events.k8s.io | events
  rule watch | . | events
cluster-role system:controller:pod-garbage-collector
  rule delete,list,watch | . | pods
  rule get,list,watch | . | nodes
  rule patch | . | pods/status
cluster-role system:controller:pv-protection-controller
  rule get,list,update,watch | . | persistentvolumes
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:pvc-protection-controller
  rule get,list,update,watch | . | persistentvolumeclaims
  rule update | . | persistentvolumeclaims/status
  rule get,list,watch | . | pods
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:replicaset-controller
  rule get,list,update,watch | apps,extensions | replicasets
  rule update | apps,extensions | replicasets/status
  rule update | apps,extensions | replicasets/finalizers
  rule create,delete,list,patch,watch | . | pods
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:replication-controller
  rule get,list,update,watch | . | replicationcontrollers
  rule update | . | replicationcontrollers/status
  rule update | . | replicationcontrollers/finalizers
  rule create,delete,list,patch,watch | . | pods
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:resource-claim-controller
  rule get,list,watch | . | pods
  rule update | . | pods/finalizers
  rule create,delete,get,list,watch | resource.k8s.io | resourceclaims
  rule patch,update | resource.k8s.io | resourceclaims,resourceclaims/status
  rule patch,update | . | pods/status
  rule create,patch,update | .,events.k8s.io | events
  rule patch,update | resource.k8s.io | resourceclaims/binding
cluster-role system:controller:resourcequota-controller
  rule list,watch | * | *
  rule update | . | resourcequotas/status
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:root-ca-cert-publisher
  rule create,update | . | configmaps
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:route-controller
  rule list,watch | . | nodes
  rule patch | . | nodes/status
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:selinux-warning-controller
  rule create,patch,update | .,events.k8s.io | events
  rule get,list,watch | . | persistentvolumes
  rule get,list,watch | . | persistentvolumeclaims
  rule get,list,watch | . | pods
  rule get,list,watch | storage.k8s.io | csidrivers
cluster-role system:controller:service-account-controller
  rule create | . | serviceaccounts
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:service-ca-cert-publisher
  rule create,update | . | configmaps
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:service-cidrs-controller
  rule get,list,patch,update,watch | networking.k8s.io | servicecidrs
  rule patch,update | networking.k8s.io | servicecidrs/finalizers
  rule patch,update | networking.k8s.io | servicecidrs/status
  rule get,list,watch | networking.k8s.io | ipaddresses
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:service-controller
  rule get,list,watch | . | services
  rule patch,update | . | services/status
  rule list,watch | . | nodes
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:statefulset-controller
  rule list,watch | . | pods
  rule get,list,watch | apps | statefulsets
  rule update | apps | statefulsets/status
  rule update | apps | statefulsets/finalizers
  rule create,delete,get,patch,update | . | pods
  rule create,delete,get,list,patch,update,watch | apps | controllerrevisions
  rule create,get,list,watch | . | persistentvolumeclaims
  rule delete,update | . | persistentvolumeclaims
  rule update | . | pods/finalizers
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:ttl-after-finished-controller
  rule delete,get,list,watch | batch | jobs
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:ttl-controller
  rule list,patch,update,watch | . | nodes
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:validatingadmissionpolicy-status-controller
  rule get,list,watch | admissionregistration.k8s.io | validatingadmissionpolicies
  rule get,patch,update | admissionregistration.k8s.io | validatingadmissionpolicies/status
  rule create,patch,update | .,events.k8s.io | events
cluster-role system:controller:volumeattributesclass-protection-controller
  rule get,list,watch | . | persistentvolumeclaims
  rule get,list,watch | . | persistentvolumes
  rule get,list,update,watch | storage.k8s.io | volumeattributesclasses
  rule create,patch,update | .,events.k8s.io | events
cluster-role-binding cluster-admin
  grants ClusterRole/cluster-admin
  to Group/system:masters
cluster-role-binding system:basic-user
  grants ClusterRole/system:basic-user
  to Group/system:authenticated
cluster-role-binding system:discovery
  grants ClusterRole/system:discovery
  to Group/system:authenticated
cluster-role-binding system:kube-controller-manager
  grants ClusterRole/system:kube-controller-manager
  to User/system:kube-controller-manager
cluster-role-binding system:kube-dns
  grants ClusterRole/system:kube-dns
  to ServiceAccount/kube-system/kube-dns
cluster-role-binding system:kube-scheduler
  grants ClusterRole/system:kube-scheduler
  to User/system:kube-scheduler
cluster-role-binding system:monitoring
  grants ClusterRole/system:monitoring
  to Group/system:monitoring
cluster-role-binding system:node
  grants ClusterRole/system:node
cluster-role-binding system:node-proxier
  grants ClusterRole/system:node-proxier
  to User/system:kube-proxy
cluster-role-binding system:public-info-viewer
  grants ClusterRole/system:public-info-viewer
  to Group/system:authenticated
  to Group/system:unauthenticated
cluster-role-binding system:service-account-issuer-discovery
  grants ClusterRole/system:service-account-issuer-discovery
  to Group/system:serviceaccounts
cluster-role-binding system:volume-scheduler
  grants ClusterRole/system:volume-scheduler
  to User/system:kube-scheduler
cluster-role-binding system:controller:attachdetach-controller
  grants ClusterRole/system:controller:attachdetach-controller
  to ServiceAccount/kube-system/attachdetach-controller
cluster-role-binding system:controller:certificate-controller
  grants ClusterRole/system:controller:certificate-controller
  to ServiceAccount/kube-system/certificate-controller
cluster-role-binding system:controller:clusterrole-aggregation-controller
  grants ClusterRole/system:controller:clusterrole-aggregation-controller
  to ServiceAccount/kube-system/clusterrole-aggregation-controller
cluster-role-binding system:controller:cronjob-controller
  grants ClusterRole/system:controller:cronjob-controller
  to ServiceAccount/kube-system/cronjob-controller
cluster-role-binding system:controller:daemon-set-controller
  grants ClusterRole/system:controller:daemon-set-controller
  to ServiceAccount/kube-system/daemon-set-controller
cluster-role-binding system:controller:deployment-controller
  grants ClusterRole/system:controller:deployment-controller
  to ServiceAccount/kube-system/deployment-controller
cluster-role-binding system:controller:device-taint-eviction-controller
  grants ClusterRole/system:controller:device-taint-eviction-controller
  to ServiceAccount/kube-system/device-taint-eviction-controller
cluster-role-binding system:controller:disruption-controller
  grants ClusterRole/system:controller:disruption-controller
  to ServiceAccount/kube-system/disruption-controller
cluster-role-binding system:controller:endpoint-controller
  grants ClusterRole/system:controller:endpoint-controller
  to ServiceAccount/kube-system/endpoint-controller
cluster-role-binding system:controller:endpointslice-controller
  grants ClusterRole/system:controller:endpointslice-controller
  to ServiceAccount/kube-system/endpointslice-controller
cluster-role-binding system:controller:endpointslicemirroring-controller
  grants ClusterRole/system:controller:endpointslicemirroring-controller
  to ServiceAccount/kube-system/endpointslicemirroring-controller
cluster-role-binding system:controller:ephemeral-volume-controller
  grants ClusterRole/system:controller:ephemeral-volume-controller
  to ServiceAccount/kube-system/ephemeral-volume-controller
cluster-role-binding system:controller:expand-controller
  grants ClusterRole/system:controller:expand-controller
  to ServiceAccount/kube-system/expand-controller
cluster-role-binding system:controller:generic-garbage-collector
  grants ClusterRole/system:controller:generic-garbage-collector
  to ServiceAccount/kube-system/generic-garbage-collector
cluster-role-binding system:controller:horizontal-pod-autoscaler
  grants ClusterRole/system:controller:horizontal-pod-autoscaler
  to ServiceAccount/kube-system/horizontal-pod-autoscaler
cluster-role-binding system:controller:job-controller
  grants ClusterRole/system:controller:job-controller
  to ServiceAccount/kube-system/job-controller
cluster-role-binding system:controller:legacy-service-account-token-cleaner
  grants ClusterRole/system:controller:legacy-service-account-token-cleaner
  to ServiceAccount/kube-system/legacy-service-account-token-cleaner
cluster-role-binding system:controller:namespace-controller
  grants ClusterRole/system:controller:namespace-controller
  to ServiceAccount/kube-system/namespace-controller
cluster-role-binding system:controller:node-controller
  grants ClusterRole/system:controller:node-controller
  to ServiceAccount/kube-system/node-controller
cluster-role-binding system:controller:persistent-volume-binder
  grants ClusterRole/system:controller:persistent-volume-binder
  to ServiceAccount/kube-system/persistent-volume-binder
cluster-role-binding system:controller:pod-garbage-collector
  grants ClusterRole/system:controller:pod-garbage-collector
  to ServiceAccount/kube-system/pod-garbage-collector
cluster-role-binding system:controller:pv-protection-controller
  grants ClusterRole/system:controller:pv-protection-controller
  to ServiceAccount/kube-system/pv-protection-controller
cluster-role-binding system:controller:pvc-protection-controller
  grants ClusterRole/system:controller:pvc-protection-controller
  to ServiceAccount/kube-system/pvc-protection-controller
cluster-role-binding system:controller:replicaset-controller
  grants ClusterRole/system:controller:replicaset-controller
  to ServiceAccount/kube-system/replicaset-controller
cluster-role-binding system:controller:replication-controller
  grants ClusterRole/system:controller:replication-controller
  to ServiceAccount/kube-system/replication-controller
cluster-role-binding system:controller:resource-claim-controller
  grants ClusterRole/system:controller:resource-claim-controller
  to ServiceAccount/kube-system/resource-claim-controller
cluster-role-binding system:controller:resourcequota-controller
  grants ClusterRole/system:controller:resourcequota-controller
  to ServiceAccount/kube-system/resourcequota-controller
cluster-role-binding system:controller:root-ca-cert-publisher
  grants ClusterRole/system:controller:root-ca-cert-publisher
  to ServiceAccount/kube-system/root-ca-cert-publisher
cluster-role-binding system:controller:route-controller
  grants ClusterRole/system:controller:route-controller
  to ServiceAccount/kube-system/route-controller
cluster-role-binding system:controller:selinux-warning-controller
  grants ClusterRole/system:controller:selinux-warning-controller
  to ServiceAccount/kube-system/selinux-warning-controller
cluster-role-binding system:controller:service-account-controller
  grants ClusterRole/system:controller:service-account-controller
  to ServiceAccount/kube-system/service-account-controller
cluster-role-binding system:controller:service-ca-cert-publisher
  grants ClusterRole/system:controller:service-ca-cert-publisher
  to ServiceAccount/kube-system/service-ca-cert-publisher
cluster-role-binding system:controller:service-cidrs-controller
  grants ClusterRole/system:controller:service-cidrs-controller
  to ServiceAccount/kube-system/service-cidrs-controller
cluster-role-binding system:controller:service-controller
  grants ClusterRole/system:controller:service-controller
  to ServiceAccount/kube-system/service-controller
cluster-role-binding system:controller:statefulset-controller
  grants ClusterRole/system:controller:statefulset-controller
  to ServiceAccount/kube-system/statefulset-controller
cluster-role-binding system:controller:ttl-after-finished-controller
  grants ClusterRole/system:controller:ttl-after-finished-controller
  to ServiceAccount/kube-system/ttl-after-finished-controller
cluster-role-binding system:controller:ttl-controller
  grants ClusterRole/system:controller:ttl-controller
  to ServiceAccount/kube-system/ttl-controller
cluster-role-binding system:controller:validatingadmissionpolicy-status-controller
  grants ClusterRole/system:controller:validatingadmissionpolicy-status-controller
  to ServiceAccount/kube-system/validatingadmissionpolicy-status-controller
cluster-role-binding system:controller:volumeattributesclass-protection-controller
  grants ClusterRole/system:controller:volumeattributesclass-protection-controller
  to ServiceAccount/kube-system/volumeattributesclass-protection-controller
role kube-public system:controller:bootstrap-signer
  rule get,list,watch | . | configmaps
  rule update | . | configmaps | cluster-info
  rule create,patch,update | .,events.k8s.io | events
role kube-system extension-apiserver-authentication-reader
  rule get,list,watch | . | configmaps | extension-apiserver-authentication
role kube-system system::leader-locking-kube-controller-manager
  rule create,get,list,update,watch | coordination.k8s.io | leases
  rule create,get,list,update,watch | coordination.k8s.io | leasecandidates
role kube-system system::leader-locking-kube-scheduler
  rule create,get,list,update,watch | coordination.k8s.io | leases
  rule create,get,list,update,watch | coordination.k8s.io | leasecandidates
role kube-system system:controller:bootstrap-signer
  rule get,list,watch | . | secrets
role kube-system system:controller:cloud-provider
  rule create,get,list,watch | . | configmaps
role kube-system system:controller:token-cleaner
  rule delete,get,list,watch | . | secrets
  rule create,patch,update | .,events.k8s.io | events
role-binding kube-public system:controller:bootstrap-signer
  grants Role/system:controller:bootstrap-signer
  to ServiceAccount/kube-system/bootstrap-signer
role-binding kube-system system::extension-apiserver-authentication-reader
  grants Role/extension-apiserver-authentication-reader
  to User/system:kube-controller-manager
  to User/system:kube-scheduler
role-binding kube-system system::leader-locking-kube-controller-manager
  grants Role/system::leader-locking-kube-controller-manager
  to User/system:kube-controller-manager
  to ServiceAccount/kube-system/kube-controller-manager
  to ServiceAccount/kube-system/leader-election-controller
role-binding kube-system system::leader-locking-kube-scheduler
  grants Role/system::leader-locking-kube-scheduler
  to User/system:kube-scheduler
  to ServiceAccount/kube-system/kube-scheduler
role-binding kube-system system:controller:bootstrap-signer
  grants Role/system:controller:bootstrap-signer
  to ServiceAccount/kube-system/bootstrap-signer
role-binding kube-system system:controller:cloud-provider
  grants Role/system:controller:cloud-provider
  to ServiceAccount/kube-system/cloud-provider
role-binding kube-system system:controller:token-cleaner
  grants Role/system:controller:token-cleaner
  to ServiceAccount/kube-system/token-cleaner
)policy";
// clang-format on

}  // namespace limen::controllers
