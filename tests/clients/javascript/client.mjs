// The official JavaScript client against a server, as a program of its user would use it. Takes its
// server from KUBECONFIG; says what it saw and ends with 1 when something was not as it should be.
import assert from 'node:assert/strict';
import {
  ApiException, ApiextensionsV1Api, AppsV1Api, AuthorizationV1Api, CoreV1Api, CustomObjectsApi, KubeConfig,
  KubernetesObjectApi, PatchStrategy, Watch, makeInformer, setHeaderOptions,
} from '@kubernetes/client-node';

const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const apps = config.makeApiClient(AppsV1Api);
const namespace = 'javascript';

const configMap = (name, data, labels = {}) => ({ metadata: { name, labels }, data });
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const strategic = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
const apply = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);

// Waits until `seen` says so: what is waited for, it tells when that does not come.
async function eventually(what, seen) {
  const end = Date.now() + 10000;
  while (!(await seen())) {
    assert.ok(Date.now() < end, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// The status of a refused request, whose body is a Status of Kubernetes.
async function refused(code, reason, request) {
  try {
    await request;
  } catch (error) {
    assert.ok(error instanceof ApiException, String(error));
    const status = JSON.parse(error.body);
    assert.equal(error.code, code, error.body);
    assert.equal(status.kind, 'Status');
    assert.equal(status.reason, reason, error.body);
    return status;
  }
  assert.fail(`a request was not refused with ${code} ${reason}`);
}

const tests = {
  async namespaces() {
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    const { items } = await core.listNamespace();
    assert.ok(items.some((item) => item.metadata.name === namespace));
  },

  async objects() {
    const made = await core.createNamespacedConfigMap({ namespace, body: configMap('one', { a: '1' }) });
    assert.ok(made.metadata.uid);
    assert.ok(made.metadata.creationTimestamp instanceof Date);
    const read = await core.readNamespacedConfigMap({ namespace, name: 'one' });
    assert.deepEqual(read.data, { a: '1' });

    read.data.b = '2';
    const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'one', body: read });
    assert.deepEqual(replaced.data, { a: '1', b: '2' });
    // `read` is of an older version now.
    await refused(409, 'Conflict', core.replaceNamespacedConfigMap({ namespace, name: 'one', body: read }));

    await core.patchNamespacedConfigMap({ namespace, name: 'one', body: { data: { a: null, c: '3' } } }, merge);
    const patch = [{ op: 'replace', path: '/data/b', value: '4' }];
    const patched = await core.patchNamespacedConfigMap({ namespace, name: 'one', body: patch });
    assert.deepEqual(patched.data, { b: '4', c: '3' });

    await core.deleteNamespacedConfigMap({ namespace, name: 'one' });
    const status = await refused(404, 'NotFound', core.readNamespacedConfigMap({ namespace, name: 'one' }));
    assert.equal(status.message, 'configmaps "one" not found');
  },

  // Names that the server makes, and writes that are only tried.
  async creates() {
    const body = { metadata: { generateName: 'made-' } };
    const made = await core.createNamespacedConfigMap({ namespace, body });
    assert.match(made.metadata.name, /^made-[a-z0-9]{5}$/);
    await core.createNamespacedConfigMap({ namespace, body: configMap('tried', {}), dryRun: 'All' });
    await refused(404, 'NotFound', core.readNamespacedConfigMap({ namespace, name: 'tried' }));
  },

  async lists() {
    for (let i = 0; i < 25; ++i) {
      const body = configMap(`page-${i}`, {}, { parity: i % 2 ? 'odd' : 'even' });
      await core.createNamespacedConfigMap({ namespace, body });
    }
    const names = [];
    let _continue;
    do {
      const page = await core.listNamespacedConfigMap({ namespace, limit: 10, labelSelector: 'parity', _continue });
      names.push(...page.items.map((item) => item.metadata.name));
      _continue = page.metadata._continue;
    } while (_continue);
    assert.equal(new Set(names).size, 25);
    const odd = await core.listNamespacedConfigMap({ namespace, labelSelector: 'parity in (odd)' });
    assert.equal(odd.items.length, 12);
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'parity' });
    assert.equal((await core.listNamespacedConfigMap({ namespace, labelSelector: 'parity' })).items.length, 0);
  },

  async watches() {
    const seen = [];
    const watch = new Watch(config);
    const stop = await watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { labelSelector: 'watched' },
      (type, object) => seen.push(`${type} ${object.metadata.name}`),
      () => {},
    );
    await core.createNamespacedConfigMap({ namespace, body: configMap('seen', {}, { watched: 'yes' }) });
    await core.createNamespacedConfigMap({ namespace, body: configMap('unseen', {}) });
    // What loses the label is gone for this watch, what gets it is new.
    const label = (watched) => ({ metadata: { labels: { watched } } });
    await core.patchNamespacedConfigMap({ namespace, name: 'seen', body: label(null) }, merge);
    await core.patchNamespacedConfigMap({ namespace, name: 'unseen', body: label('yes') }, merge);
    await core.deleteNamespacedConfigMap({ namespace, name: 'unseen' });
    const expected = ['ADDED seen', 'DELETED seen', 'ADDED unseen', 'DELETED unseen'];
    await eventually('the last event', () => seen.length >= expected.length);
    assert.deepEqual(seen, expected);
    stop.abort();
  },

  async informers() {
    const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: 'informed' });
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, 'informed');
    const seen = [];
    for (const verb of ['add', 'update', 'delete']) {
      informer.on(verb, (object) => seen.push(`${verb} ${object.metadata.name} ${object.data?.a}`));
    }
    let stopping = false;
    informer.on('error', (error) => assert.ok(stopping, String(error)));
    await core.createNamespacedConfigMap({ namespace, body: configMap('before', { a: '1' }, { informed: 'yes' }) });
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: configMap('after', { a: '2' }, { informed: 'yes' }) });
    await core.patchNamespacedConfigMap({ namespace, name: 'before', body: { data: { a: '3' } } }, merge);
    await core.deleteNamespacedConfigMap({ namespace, name: 'after' });
    const expected = ['add before 1', 'add after 2', 'update before 3', 'delete after 2'];
    await eventually('the last event', () => seen.length >= expected.length);
    assert.deepEqual(seen, expected);
    assert.deepEqual(informer.list(namespace).map((object) => object.metadata.name), ['before']);
    stopping = true;  // the client tells of its own stopping as of an error
    await informer.stop();
  },

  // Initial events, the bookmark that ends them, and one at the end of the watch's time.
  async bookmarks() {
    const seen = [];
    let closed = false;
    const watch = new Watch(config);
    await watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      {
        labelSelector: 'informed', allowWatchBookmarks: true, sendInitialEvents: true,
        resourceVersionMatch: 'NotOlderThan', timeoutSeconds: 1,
      },
      (type, object) => seen.push({ type, metadata: object.metadata, kind: object.kind }),
      () => { closed = true; },
    );
    await eventually('the end of the watch', () => closed);
    assert.deepEqual(seen.map((event) => event.type), ['ADDED', 'BOOKMARK', 'BOOKMARK']);
    assert.equal(seen[0].metadata.name, 'before');
    assert.equal(seen[1].kind, 'ConfigMap');
    assert.equal(seen[1].metadata.annotations['k8s.io/initial-events-end'], 'true');
    assert.ok(Number(seen[2].metadata.resourceVersion) >= Number(seen[1].metadata.resourceVersion));
  },

  async workloads() {
    const labels = { app: 'web' };
    const body = {
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      },
    };
    const made = await apps.createNamespacedDeployment({ namespace, body });
    assert.equal(made.spec.strategy.type, 'RollingUpdate');
    assert.equal(made.spec.template.spec.containers[0].imagePullPolicy, 'IfNotPresent');
    const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'web' });
    assert.equal(scale.spec.replicas, 2);
    scale.spec.replicas = 5;
    await apps.replaceNamespacedDeploymentScale({ namespace, name: 'web', body: scale });
    const read = await apps.readNamespacedDeployment({ namespace, name: 'web' });
    assert.equal(read.spec.replicas, 5);
    assert.equal(read.metadata.generation, 2);
    read.spec.template.spec.containers = [];
    const status = await refused(422, 'Invalid', apps.replaceNamespacedDeployment({ namespace, name: 'web', body: read }));
    assert.equal(status.details.causes[0].field, 'spec.template.spec.containers');
  },

  // The four kinds of patches, and who owns what after them.
  async patches() {
    const image = async (name) => {
      const { spec } = await apps.readNamespacedDeployment({ namespace, name: 'web' });
      return spec.template.spec.containers.find((container) => container.name === name)?.image;
    };
    const containers = (list) => ({ spec: { template: { spec: { containers: list } } } });
    const patch = (body, kind, more = {}) =>
      apps.patchNamespacedDeployment({ namespace, name: 'web', body, ...more }, kind);

    await patch(containers([{ name: 'side', image: 'side:1' }]), strategic);
    assert.equal(await image('web'), 'web:1');
    assert.equal(await image('side'), 'side:1');
    await patch(containers([{ name: 'side', $patch: 'delete' }]), strategic);
    assert.equal(await image('side'), undefined);
    await patch(containers([{ name: 'web', image: 'web:2' }]), merge);
    assert.equal(await image('web'), 'web:2');
    await patch([{ op: 'test', path: '/spec/replicas', value: 5 }, { op: 'replace', path: '/spec/replicas', value: 4 }]);
    await refused(422, 'Invalid', patch([{ op: 'test', path: '/spec/replicas', value: 5 }]));

    const applied = {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 3 },
    };
    const conflict = await refused(409, 'Conflict', patch(applied, apply, { fieldManager: 'applier' }));
    assert.equal(conflict.details.causes[0].reason, 'FieldManagerConflict');
    assert.equal(conflict.details.causes[0].field, '.spec.replicas');
    const forced = await patch(applied, apply, { fieldManager: 'applier', force: true });
    assert.equal(forced.spec.replicas, 3);
    const owner = forced.metadata.managedFields.find((entry) => entry.manager === 'applier');
    assert.equal(owner.operation, 'Apply');
    assert.deepEqual(owner.fieldsV1, { 'f:spec': { 'f:replicas': {} } });
    await refused(415, 'UnsupportedMediaType', patch({}, setHeaderOptions('Content-Type', 'application/cbor')));
  },

  async customKinds() {
    const definitions = config.makeApiClient(ApiextensionsV1Api);
    const custom = config.makeApiClient(CustomObjectsApi);
    const group = 'javascript.example.com';
    const name = `widgets.${group}`;
    await definitions.createCustomResourceDefinition({
      body: {
        metadata: { name },
        spec: {
          group, scope: 'Namespaced', names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
          versions: [{
            name: 'v1', served: true, storage: true, subresources: { status: {} },
            schema: { openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1 }, color: { type: 'string', _default: 'red' } } },
                status: { type: 'object', properties: { ready: { type: 'boolean' } } },
              },
            } },
          }],
        },
      },
    });
    const established = (read) => read.status?.conditions?.some((c) => c.type === 'Established' && c.status === 'True');
    await eventually('the definition', async () => established(await definitions.readCustomResourceDefinition({ name })));
    const place = { group, version: 'v1', namespace, plural: 'widgets' };
    const widget = (size) => ({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' }, spec: { size } });
    const made = await custom.createNamespacedCustomObject({ ...place, body: widget(2) });
    assert.deepEqual(made.spec, { size: 2, color: 'red' });
    await refused(422, 'Invalid', custom.createNamespacedCustomObject({ ...place, body: widget(0) }));
    const changed = await custom.patchNamespacedCustomObject({ ...place, name: 'w', body: { spec: { size: 7 } } }, merge);
    assert.equal(changed.spec.size, 7);
    assert.equal(changed.metadata.generation, 2);
    const status = await custom.patchNamespacedCustomObjectStatus(
      { ...place, name: 'w', body: { spec: { size: 1 }, status: { ready: true } } }, merge,
    );
    assert.deepEqual([status.spec.size, status.status.ready, status.metadata.generation], [7, true, 2]);
    const listed = await custom.listNamespacedCustomObject(place);
    assert.equal(listed.items.length, 1);
    await definitions.deleteCustomResourceDefinition({ name });
    await eventually('the end of the kind', async () => {
      const { items } = await definitions.listCustomResourceDefinition();
      return !items.some((item) => item.metadata.name === name);
    });
  },

  // The client that knows kinds by discovery only.
  async anyKind() {
    const client = KubernetesObjectApi.makeApiClient(config);
    const object = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'javascript' },
      spec: { controller: 'example.com/ingress' },
    };
    const made = await client.create(object);
    assert.equal(made.spec.controller, 'example.com/ingress');
    const listed = await client.list('networking.k8s.io/v1', 'IngressClass');
    assert.deepEqual(listed.items.map((item) => item.metadata.name), ['javascript']);
    await client.delete(object);
    await refused(404, 'NotFound', client.read(object));
  },

  async rights() {
    const reviews = config.makeApiClient(AuthorizationV1Api);
    const review = await reviews.createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: { verb: 'get', resource: 'secrets', namespace } } },
    });
    assert.equal(review.status.allowed, true);
  },
};

for (const [name, test] of Object.entries(tests)) {
  await test();
  console.log(`ok ${name}`);
}
// What is still open, an informer's connection say, is to keep nobody waiting.
process.exit(0);
