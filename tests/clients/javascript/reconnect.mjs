// An informer of the official JavaScript client against a server that ends its watches after a second or two and
// soon forgets what has changed: it is to go on from where it was, to begin anew when that is too old, and to hold
// in the end what is there. Takes its server from KUBECONFIG.
import assert from 'node:assert/strict';
import { CoreV1Api, KubeConfig, PatchStrategy, makeInformer, setHeaderOptions } from '@kubernetes/client-node';

const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const namespace = 'reconnect';
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function eventually(what, seen) {
  const end = Date.now() + 20000;
  while (!(await seen())) {
    assert.ok(Date.now() < end, `${what} did not come`);
    await pause(20);
  }
}
const configMap = (name, data, labels) => ({ metadata: { name, labels }, data });

await core.createNamespace({ body: { metadata: { name: namespace } } });
let lists = 0;
let connects = 0;
const seen = { add: [], update: [], delete: [] };
const list = () => {
  ++lists;
  return core.listNamespacedConfigMap({ namespace, labelSelector: 'kept' });
};
const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, 'kept');
for (const verb of Object.keys(seen)) informer.on(verb, (object) => seen[verb].push(object.metadata.name));
informer.on('connect', () => ++connects);
let stopping = false;
informer.on('error', (error) => {
  if (stopping) return;
  console.error(`the informer failed: ${error}`);
  process.exit(1);
});
await informer.start();

// What the informer holds is what is there, of the same versions.
const versions = (objects) => objects.map((o) => `${o.metadata.name} ${o.metadata.resourceVersion}`).sort();
async function agrees() {
  const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: 'kept' });
  return JSON.stringify(versions(items)) === JSON.stringify(versions(informer.list(namespace)));
}

// Written all the time, while watches end and begin.
let written = 0;
while (connects < 4) {
  await core.createNamespacedConfigMap({ namespace, body: configMap(`c${written}`, { n: '0' }, { kept: 'yes' }) });
  if (written % 3 === 1) {
    await core.patchNamespacedConfigMap({ namespace, name: `c${written}`, body: { data: { n: '1' } } }, merge);
  }
  if (written % 3 === 2) await core.deleteNamespacedConfigMap({ namespace, name: `c${written}` });
  ++written;
  await pause(50);
}
await eventually('what was written', agrees);
// An object that came and went while no watch was open may not have been told of; nothing is told twice.
assert.equal(new Set(seen.add).size, seen.add.length);
assert.equal(new Set(seen.delete).size, seen.delete.length);
for (let i = 0; i < written; ++i) if (i % 3 !== 2) assert.ok(seen.add.includes(`c${i}`), `c${i} was not told of`);
console.log('ok goes on');

// Others are written until what the informer knows last is forgotten: it is told 410 and lists again.
const before = lists;
let others = 0;
while (lists === before) {
  assert.ok(others < 400, 'the informer was never told that its version is too old');
  await core.createNamespacedConfigMap({ namespace, body: configMap(`other-${others++}`, {}, {}) });
  await pause(50);
}
await core.deleteNamespacedConfigMap({ namespace, name: 'c0' });
await eventually('the deletion', agrees);
assert.ok(seen.delete.includes('c0'));
console.log('ok begins anew');
stopping = true;
process.exit(0);
