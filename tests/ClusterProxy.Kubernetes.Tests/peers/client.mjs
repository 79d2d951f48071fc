// @kubernetes/client-node on a kubeconfig: JSON lines in and out.
// Commands: list, get, create, replace, patch, apply, delete (each answers "done" with its id, or "refused" with code and reason),
// watch and inform (events "added", "updated", "deleted", of config maps or of a custom kind, then "watching"),
// and rawWatch (an event "seen" for each of the watch's).
import * as k8s from '@kubernetes/client-node';
import { emit, parseFlags, serveCommands, text } from '../../ClusterProxy.Interop.Tests/peers/lines.mjs';

const flags = parseFlags({ kubeconfig: text });
const config = new k8s.KubeConfig();
config.loadFromFile(flags.kubeconfig);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const core = config.makeApiClient(k8s.CoreV1Api);
const custom = config.makeApiClient(k8s.CustomObjectsApi);

async function answer(command, action) {
  try {
    emit('done', { id: command.id, result: await action() });
  } catch (error) {
    const status = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
    emit('refused', { id: command.id, code: error.code, reason: status?.reason, message: error.message });
  }
}

// Pages of the given size, followed to the end.
async function listAll(limit) {
  const names = [];
  let next;
  do {
    const page = await core.listNamespacedConfigMap({ namespace: 'default', limit, _continue: next });
    names.push(...page.items.map(item => item.metadata.name));
    next = page.metadata._continue;
  } while (next);
  return names;
}

async function inform(path, list) {
  const informer = k8s.makeInformer(config, path, list);
  for (const [event, name] of [['add', 'added'], ['update', 'updated'], ['delete', 'deleted']]) {
    informer.on(event, value =>
      emit(name, { name: value.metadata.name, data: value.data ?? value.spec ?? {}, version: value.metadata.resourceVersion }));
  }
  informer.on('error', error => emit('watchFailed', { error: String(error) }));
  await informer.start();
  emit('watching');
}

async function rawWatch(path) {
  const seen = (phase, object) => emit('seen', { phase, name: object?.metadata?.name, object });
  await new k8s.Watch(config).watch(path, {}, seen, error => emit('watchEnded', { error: error && String(error) }));
}

serveCommands({
  list: command => answer(command, () => listAll(command.limit)),
  get: command => answer(command, () => objects.read(command.object)),
  create: command => answer(command, () => objects.create(command.object)),
  replace: command => answer(command, () => objects.replace(command.object)),
  patch: command => answer(command, () => objects.patch(command.object, undefined, undefined, undefined, undefined, k8s.PatchStrategy.MergePatch)),
  apply: command =>
    answer(command, () => objects.patch(command.object, undefined, undefined, command.manager, command.force, k8s.PatchStrategy.ServerSideApply)),
  delete: command => answer(command, () => objects.delete(command.object)),
  watch: () => inform('/api/v1/namespaces/default/configmaps', () => core.listNamespacedConfigMap({ namespace: 'default' })),
  inform: ({ group, version, plural }) =>
    inform(`/apis/${group}/${version}/${plural}`, () => custom.listClusterCustomObject({ group, version, plural })),
  rawWatch: ({ path }) => rawWatch(path),
});
emit('ready');
