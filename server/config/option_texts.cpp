#include "config/option_texts.h"

namespace limen::config {

namespace {

constexpr KeyText kTexts[] = {
    // --- listeners
    {"secure", "The secure listener: TLS, then authentication, authorization and admission."},
    {"secure.bindAddress", "The IP address it listens on.", {}, "--bind-address"},
    {"secure.port", "Its port; it cannot be turned off.", {}, "--secure-port"},
    {"secure.advertiseAddress",
     "The address by which the cluster reaches this server: the Service default/kubernetes "
     "leads there. When it is not given: bindAddress, unless that is a loopback or unspecified "
     "address; else the address this host has on its way to other hosts.",
     {},
     {},
     "192.0.2.10"},
    {"secure.tlsCertFile",
     "The serving certificate (PEM, leaf first). When neither it nor its key is given, a "
     "self-signed pair apiserver.crt and apiserver.key is made in certDir, and used again on "
     "the next start. The files are read again when they change: new connections get the new "
     "certificate.",
     {},
     "--tls-cert-file",
     "/etc/limen/pki/apiserver.crt"},
    {"secure.tlsPrivateKeyFile",
     "Its key (PEM).",
     {},
     "--tls-private-key-file",
     "/etc/limen/pki/apiserver.key"},
    {"secure.clientCAFile",
     "Certificate authorities (PEM) told to clients as the issuers of acceptable client "
     "certificates, beside those of the x509 and request-header authenticators, which are told "
     "in any case. Who is let in is for these to say.",
     {},
     {},
     "/etc/limen/pki/ca.crt"},
    {"secure.certDir", "The folder of the self-signed pair."},
    {"secure.sniCertificates",
     "More certificates, for clients that ask for a name: an exact name beats a wildcard, names "
     "given here beat those a certificate is for.",
     {},
     {},
     "[{certFile: /etc/limen/sni.crt, keyFile: /etc/limen/sni.key, names: [api.example.com]}]"},
    {"secure.tlsMinVersion", "The oldest version spoken: VersionTLS12 or VersionTLS13."},
    {"secure.tlsCipherSuites", "IANA names, of TLS 1.2; empty: ECDHE with AES-GCM or ChaCha20."},
    {"secure.tlsCurvePreferences",
     "Numbers: 29 X25519, 23 P-256, 24 P-384, 25 P-521; empty: all, in this order."},
    {"secure.http2", "Offered beside HTTP/1.1 (ALPN); clients in Go, kubectl too, then use it."},
    {"local",
     "The local listener: no TLS, no authentication and no authorization; every request on it "
     "is made by system:unsecured, a member of system:masters. Admission still runs. Off unless "
     "asked for."},
    {"local.enabled",
     "Whether there is one; the flag with 0 turns it off, with another port on.",
     {},
     "--insecure-port"},
    {"local.bindAddress", "The IP address it listens on.", {}, "--insecure-bind-address"},
    {"local.port", "Its port.", {}, "--insecure-port"},
    {"local.allowNonLoopback", "An address others can reach is refused unless this is true."},

    // --- modules
    {"modulePath",
     "The folder of the modules. When it is not given: ../lib/limen/modules, seen from the "
     "program. It and every folder above it belong to root or to the server's user, and nobody "
     "else may write them; so do the files. A folder like /tmp may stand above it, but cannot "
     "hold modules.",
     {},
     {},
     "/usr/lib/limen/modules"},
    {"moduleKeys",
     "Who may sign modules: ed25519 public keys by a name of yours, each the PEM text of "
     "`openssl pkey -in KEY -pubout` or its base64 in one line. An entry asks for a signature "
     "with signedBy: NAME; it stands beside the module as MODULE.so.sig and is made with "
     "`openssl pkeyutl -sign -rawin -inkey KEY -in MODULE.so -out MODULE.so.sig`.",
     {},
     {},
     "{acme: MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=}"},
    {"authenticators",
     "Who are you: the first that knows the caller wins; nobody knows a caller: 401. Good is "
     "kube-apiserver's order: certificates, then tokens from the cheapest to judge to the "
     "dearest. A server needs at least one."},
    {"apiAudiences",
     "What this API calls itself in tokens (aud). Every token must be for one of these, "
     "whichever module knows it; empty: the issuers of service-account, and each module by its "
     "own config."},
    {"revocations", "Credentials that are not good any more, whatever an authenticator says."},
    {"revocations.path",
     "A file with one entry a line: user NAME, token-sha256 HEX, jti ID, cert-serial HEX, "
     "cert-sha256 HEX (of the last two the serial number is the stronger, because it outlives "
     "another encoding of the certificate). A change is in force within a second; watches that "
     "rest on a revoked credential end with 401."},
    {"authorizers",
     "May you: the first that allows or denies wins; nobody does: 403. Entries as those of "
     "authenticators."},
    {"admissionPlugins",
     "Is this object acceptable: all are asked on every write, first the changing ones, then "
     "the judging ones; the first rejection ends it. Here stand kube-apiserver's plugins by its "
     "names or by those of their modules: those it has on by default are on, in its order."},
    {"admissionPlugins.enable",
     "Plugins that are not on by default, as NodeRestriction for kubelets "
     "(--enable-admission-plugins of kube-apiserver)."},
    {"admissionPlugins.disable",
     "Plugins that are on by default and should not be (its --disable-admission-plugins)."},
    {"admissionConfigFile",
     "An AdmissionConfiguration (apiserver.config.k8s.io/v1) with the configs of plugins, if "
     "there is one (kube-apiserver's --admission-control-config-file).",
     {},
     {},
     "/etc/limen/admission.yaml"},
    {"admission",
     "Modules of others: they stand behind the plugins and before ResourceQuota. One of the "
     "plugins takes its own place and is on; here it gets what differs from the usual. Without "
     "admissionPlugins this list is the whole chain, in its own order: `admission: []` alone is "
     "none at all. Entries as those of authenticators, and failurePolicy."},
    {"storage", "Where objects are kept: one entry, whose name may be left out."},

    // --- limits
    {"limits", "What callers may use."},
    {"limits.maxRequestLineBytes", "414 beyond."},
    {"limits.maxHeaderBytes",
     "Request line and headers together; 431 beyond. Over HTTP/2 a single header beyond 64 KiB "
     "ends the connection in any case."},
    {"limits.maxRequestBodyBytes", "413 beyond."},
    {"limits.maxHeaderCount", "431 beyond."},
    {"limits.maxConnections", "Of both listeners together."},
    {"limits.maxPipelinedBytes", "Read ahead on one connection."},
    {"limits.maxStreamsPerConnection",
     "Requests at one time on one HTTP/2 connection; more are refused."},
    {"limits.maxRequestsInFlight", "Reads at one time, 429 beyond; 0: no limit."},
    {"limits.maxMutatingRequestsInFlight", "Writes at one time, 429 beyond; 0: no limit."},
    {"limits.fairness",
     "API Priority and Fairness: the sum of the two is divided among priority levels, by the "
     "objects flowschemas and prioritylevelconfigurations, and what finds no seat waits in a "
     "queue. With false, or when both are 0, the two count for themselves."},
    {"limits.handshakeTimeout", "For the TLS handshake of a new connection."},
    {"limits.headerTimeout", "For the head of a request, from its first byte to its last."},
    {"limits.bodyTimeout", "For a request's body, from its first byte wanted to its last."},
    {"limits.idleTimeout", "Between two requests of one connection."},
    {"limits.writeTimeout", "A client that takes nothing of its answer for so long is dropped."},

    // --- audit
    {"audit",
     "Who did what: a line of JSON (audit.k8s.io/v1 Event) for every request the policy names. "
     "Off unless policyFile is given, and with it logPath, auditWebhook.kubeconfig or both."},
    {"audit.policyFile",
     "An audit.k8s.io/v1 Policy. A changed file is in force within a second; a broken one is "
     "not used.",
     {},
     {},
     "/etc/limen/audit-policy.yaml"},
    {"audit.logPath",
     "The file the events go to; \"-\" is standard output.",
     {},
     {},
     "/var/log/limen/audit.log"},
    {"audit.maxSize", "The size at which the file is rotated; 0: never.", "MiB"},
    {"audit.maxBackups", "Rotated files kept; 0: all."},
    {"audit.maxAge", "How long a rotated file is kept; 0: for ever.", "days"},
    {"audit.compress", "Rotated files become .gz."},
    {"audit.maxEventSize", "Of a line; a larger event loses its bodies; 0: any size.", "bytes"},
    {"audit.bufferEvents", "Events that may wait to be written."},
    {"audit.bufferBytes", "Of waiting events together."},
    {"audit.whenFull",
     "What becomes of what finds the buffer full: drop loses the event and counts it; refuse "
     "answers 500 to requests that cannot be recorded, and tries for ever to write those that "
     "were."},

    {"auditWebhook",
     "The same events for somebody else's server, over HTTPS, as EventLists (audit.k8s.io/v1)."},
    {"auditWebhook.kubeconfig",
     "Whom to trust and what to show there. It is read again for every request.",
     {},
     {},
     "/etc/limen/audit-webhook.kubeconfig"},
    {"auditWebhook.mode",
     "batch: requests wait for nothing. blocking: a request goes on when its first event "
     "(RequestReceived) has been stored or given up, and every event goes by itself. "
     "blocking-strict: the same, and a request whose first event could not be stored is "
     "answered with 500."},
    {"auditWebhook.bufferEvents",
     "Events that may wait to be sent; what finds it full is lost and counted."},
    {"auditWebhook.bufferBytes", "Of events that wait or are on their way."},
    {"auditWebhook.batchEvents", "Of one request; batch mode alone, as the next four."},
    {"auditWebhook.batchWait", "The longest until a batch goes that is not full."},
    {"auditWebhook.throttle", "Whether batches are held back by the next two."},
    {"auditWebhook.throttleQPS", "Batches a second."},
    {"auditWebhook.throttleBurst", "Batches at once after a rest."},
    {"auditWebhook.initialBackoff",
     "After a first failure; each of five attempts waits half as long again."},
    {"auditWebhook.maxEventSize", "Of an event; a larger one loses its bodies; 0: any size.",
     "bytes"},
    {"auditWebhook.maxBatchSize", "Of the events of one request; one alone may be larger.",
     "bytes"},

    // --- what the server keeps and reaches
    {"services",
     "What services get when they do not ask for something themselves, and what they may ask "
     "for. Services that were stored with addresses of another range keep them."},
    {"services.clusterIPRange",
     "One block of addresses, IPv4 or IPv6; its first address is the server's own."},
    {"services.nodePortRange", "The ports services may have on nodes: first and last."},
    {"aggregation",
     "The API servers behind this one: groups that APIServices leave to a Service of the cluster."},
    {"aggregation.proxyClientCertFile",
     "The client certificate (PEM) this server shows them, by which they believe who it says is "
     "asking: of the authority that the request-header authenticator trusts. Without it they "
     "see an unknown client. Read again when it changes.",
     {},
     {},
     "/etc/limen/pki/front-proxy-client.crt"},
    {"aggregation.proxyClientKeyFile",
     "Its key (PEM).",
     {},
     {},
     "/etc/limen/pki/front-proxy-client.key"},
    {"aggregation.rejectForwardingRedirect",
     "Their redirects are answered with 502 and not passed to clients."},
    {"controllers",
     "The controllers that run inside the server: local-api-services, namespaces, "
     "default-service-account, rbac-bootstrap, clusterrole-aggregation, token-cleaner, "
     "cluster-authentication-trust, root-ca-publisher, legacy-token-tracking, "
     "garbage-collector, kubernetes-service, service-addresses, event-ttl, identity-lease, "
     "flow-control, resourcequota, storage-protection."},
    {"controllers.disabled",
     "Those that something else runs for you, as kube-controller-manager may do with "
     "root-ca-publisher, garbage-collector, resourcequota and storage-protection."},
    {"controllers.eventTTL", "An event goes so long after it was last written."},
    {"controllers.rootCAFile",
     "The authority by which clients trust the serving certificate (PEM): root-ca-publisher "
     "puts it into the ConfigMap kube-root-ca.crt of every namespace. When it is not given: "
     "ca.crt in certDir, if it signed the serving certificate; else the serving certificate "
     "itself, if it is self-signed or its file ends with the root; else nothing is published.",
     {},
     {},
     "/etc/limen/pki/ca.crt"},
    {"kubelet",
     "How kubelets are reached, for kubectl logs, exec, attach, port-forward, cp and proxies to "
     "nodes. They are found by their Nodes: the first address of a preferred type, and the port "
     "the Node gives."},
    {"kubelet.clientCertificateFile",
     "The certificate this server shows to kubelets (PEM). Read again when it changes, as the "
     "other two.",
     {},
     {},
     "/etc/limen/pki/apiserver-kubelet-client.crt"},
    {"kubelet.clientKeyFile",
     "Its key (PEM).",
     {},
     {},
     "/etc/limen/pki/apiserver-kubelet-client.key"},
    {"kubelet.certificateAuthorityFile",
     "The authority that signed the kubelets' own certificates (PEM). Without it no kubelet is "
     "trusted.",
     {},
     {},
     "/etc/limen/pki/kubelet-ca.crt"},
    {"kubelet.insecureSkipTLSVerify", "true: any certificate of a kubelet is taken."},
    {"kubelet.preferredAddressTypes", "Of a Node's addresses, the first type it has counts."},
    {"kubelet.port", "Of Nodes that do not say."},
    {"kubelet.allowLocalAddresses",
     "Loopback, link-local, multicast and unspecified addresses are refused, of kubelets and of "
     "the pods, services and nodes that requests are proxied to, unless this is true: for a "
     "single machine and for tests."},

    // --- the process
    {"threads", "Threads of the process; 0: chosen by the number of cores."},
    {"threads.io", "Event loops; 0: one a core."},
    {"threads.workers", "For modules that may block; 0: four a core, at least eight."},
    {"corsAllowedOrigins",
     "Web pages of other origins that may ask a browser to talk to this server: regular "
     "expressions, each found in an allowed origin, such as "
     "^https://dashboard\\\\.example\\\\.com$. None: no page may."},
    {"strictTransportSecurity",
     "The directives of the Strict-Transport-Security header of every answer, such as "
     "max-age=31536000 and includeSubDomains. None: the header is not sent."},
    {"requestTimeout", "Of every request that is not a watch."},
    {"minRequestTimeout", "A watch is ended after one to two times this."},
    {"historyRetention", "How long a change can still be watched from."},
    {"shutdownDelay", "At a stop: not ready, but still serving, for so long."},
    {"shutdownTimeout", "At a stop: for requests that still run."},
    {"log", "The log, on standard error."},
    {"log.level", "debug, info, warn or error."},
    {"log.format", "text or json."},
    {"log.levels",
     "Of single sources, SOURCE=LEVEL: a room of the server such as authn, audit or transport, "
     "or module/NAME for what a module instance says. Changed while it runs by a PUT to "
     "/debug/flags/v; a reload brings back what stands here."},
};

constexpr KeyText kEntryTexts[] = {
    {"entry.name",
     "Of this instance, in logs, metrics and audit; once in a list. A DNS subdomain. In "
     "admission one of kube-apiserver's plugin names means the module that does its work."},
    {"entry.module", "The file in modulePath, without .so; the name when not given."},
    {"entry.timeout",
     "Of one call; 30s for MutatingAdmissionWebhook, ValidatingAdmissionWebhook and others that "
     "ask another service."},
    {"entry.maxCalls",
     "Calls of this instance at one time. What comes beyond is refused at once and counts as a "
     "failure of the module. Not for storage."},
    {"entry.sha256",
     "Of the file, in hexadecimal, when only this very file may be loaded; limen modules "
     "inspect tells it."},
    {"entry.signedBy", "One of moduleKeys, when only files with its signature may be loaded."},
    {"entry.mode",
     "enforce, or shadow: it sees live traffic, and what it says is counted in "
     "limen_shadow_verdicts_total and never enforced. Not for storage."},
    {"entry.isolation",
     "none, or process: it lives in a process of its own, may not start programs or gain "
     "privileges, and when it crashes, hangs or takes too much memory its own calls fail until "
     "it is started again. Not for storage."},
    {"entry.memoryLimit", "Of that process, as a quantity."},
    {"entry.failurePolicy",
     "Of an admission controller: Fail, or Ignore to go on when the module itself fails."},
    {"entry.staleReads",
     "Of storage alone, where other servers use the same store: whether what was asked for with a "
     "resourceVersion is still answered from memory while the store is away; false: 503."},
    {"entry.config",
     "For the module itself, checked by its schema; limen-NAME(7) says what the bundled ones "
     "take."},
    {"entry.encryption",
     "Of storage alone: an EncryptionConfiguration (apiserver.config.k8s.io/v1) that says which "
     "resources are encrypted in the store and with which keys (kube-apiserver's "
     "--encryption-provider-config). Read again when it changes and at a reload."},
    {"sni.certFile", "The certificate (PEM, leaf first)."},
    {"sni.keyFile", "Its key (PEM)."},
    {"sni.names", "Domain names, *.example.com too; empty: those the certificate is for."},
};

constexpr OtherKey kOthers[] = {
    {"secure.sniCertificates", "list of maps with certFile, keyFile and names", "none", {}},
    {"moduleKeys", "map of texts", "{}", {}},
    {"authenticators", "list of modules", "none", R"yaml(
#  - name: request-header
#    config: {clientCAFile: /etc/limen/pki/front-proxy-ca.crt, allowedNames: [front-proxy-client]}
#  - name: x509
#    timeout: 10s
#    config: {clientCAFile: /etc/limen/pki/ca.crt, crlFiles: [/etc/limen/pki/ca.crl]}
#  - name: passwords
#    module: password-file
#    config: {path: /etc/limen/passwords.csv}
#  - name: tokens
#    module: token-file
#    config: {path: /etc/limen/tokens.csv}
#  - name: service-account
#    config:
#      issuers: [https://kubernetes.default.svc.cluster.local]
#      signingKeyFile: /etc/limen/pki/sa.key
#  - name: bootstrap-token            # kubeadm's tokens for nodes that join
#  - name: jwt                        # OpenID Connect
#    config:
#      issuers:
#        - url: https://id.example.com
#          audiences: [limen]
#          claimMappings: {username: {claim: sub, prefix: "oidc:"}, groups: {claim: groups, prefix: "oidc:"}}
#  - name: webhook-token
#    timeout: 30s
#    config: {kubeconfig: /etc/limen/token-webhook.kubeconfig}
  - name: anonymous                   # requests without a credential; may what others allow system:anonymous)yaml"},
    {"authorizers", "list of modules", "none", R"yaml(
#  - name: deny-list                  # first, so that nobody allows what it denies
#    config: {path: /etc/limen/deny.yaml}
#  - name: node                       # kubelets; limen-node(7) says what it leaves to admission
  - name: rbac                        # roles and bindings, as everybody knows them
#  - name: abac
#    config: {path: /etc/limen/policy.jsonl}
#  - name: company-policy             # several webhooks: several instances, each with its own timeout
#    module: webhook-sar
#    timeout: 5s
#    config: {kubeconfig: /etc/limen/policy-webhook.kubeconfig, failurePolicy: Deny})yaml"},
    {"admissionPlugins.enable", "list of plugins", "[]", "[]"},
    {"admissionPlugins.disable", "list of plugins", "[]", "[]"},
    {"admission", "list of modules", "none", R"yaml(
#  - name: PodSecurity                # or pod-security
#    config: {defaults: {enforce: baseline}}
#  - name: MutatingAdmissionWebhook
#    timeout: 20s                     # 30s when not given; of those that ask nobody else 10s
#  - name: acme-guard
#    failurePolicy: Fail              # or Ignore: go on when the module itself fails)yaml"},
    {"storage", "a module", "sqlite at /var/lib/limen/limen.db", R"yaml(
  module: sqlite
  config: {path: /var/lib/limen/limen.db}
#  encryption: /var/lib/limen/encryption.yaml)yaml"},
    {"controllers.disabled", "list of names", "[]", "[]"},
    {"entry.name", "text", "that of the module, in storage and for a plugin; else none", {}},
    {"entry.module", "text", "the name", {}},
    {"entry.timeout", "duration, 1ms to 5m", "10s", {}},
    {"entry.maxCalls", "whole number, 1 to 100000", "1024", {}},
    {"entry.sha256", "text, 64 hexadecimal digits", "none: any file", {}},
    {"entry.signedBy", "text", "none: any file", {}},
    {"entry.isolation", "none or process", "none", {}},
    {"entry.memoryLimit", "quantity, 32Mi to 64Gi", "512Mi", {}},
    {"entry.mode", "enforce or shadow", "enforce", {}},
    {"entry.failurePolicy", "Fail or Ignore", "Fail", {}},
    {"entry.staleReads", "true or false", "true", {}},
    {"entry.config", "map", "none", {}},
    {"entry.encryption", "text, a file", "none: all is stored as it is", {}},
    {"sni.certFile", "text", "none: it must be given", {}},
    {"sni.keyFile", "text", "none: it must be given", {}},
    {"sni.names", "list of texts", "none", {}},
};

}  // namespace

std::span<const KeyText> key_texts() { return kTexts; }
std::span<const OtherKey> other_keys() { return kOthers; }
std::span<const KeyText> entry_texts() { return kEntryTexts; }

}  // namespace limen::config
