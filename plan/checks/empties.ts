import { isRecord } from "../../components/kit/unknown.ts";

/** String maps of Kubernetes' own kinds: an empty map is dropped, an empty value in a map is kept. */
const maps = new Set([
  "annotations",
  "binaryData",
  "capacity",
  "data",
  "hard",
  "labels",
  "limits",
  "matchLabels",
  "nodeSelector",
  "overhead",
  "parameters",
  "requests",
  "stringData",
  "volumeAttributes",
]);

/** Strings that may be empty: the empty string differs from an absent one (Go fields of the type `*string`). */
const meaningful = new Set(["ingressClassName", "loadBalancerClass", "runtimeClassName", "storageClassName"]);

/**
 * Booleans and numbers whose zero is dropped: fields that in k8s.io/api 0.34 are `omitempty` and no pointer in each type that has them.
 * `readOnly` is a pointer in one type, which no component uses.
 */
const zeros = new Set([
  "chapAuthDiscovery",
  "chapAuthSession",
  "failureThreshold",
  "globalDefault",
  "healthCheckNodePort",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "hostPort",
  "initialDelaySeconds",
  "insecureSkipTLSVerifyBackend",
  "minReadySeconds",
  "nodePort",
  "paused",
  "publishNotReadyAddresses",
  "readOnly",
  "sslEnabled",
  "stdin",
  "stdinOnce",
  "successThreshold",
  "tty",
  "unschedulable",
]);

/**
 * The paths of empty values that the API server drops from an object of Kubernetes' own kinds: empty maps, lists and strings, and
 * zeros (k8s.io/api, `omitempty`). An empty object such as `emptyDir: {}` is a value.
 *
 * @param kind in a Service, `spec.selector` is a map, and elsewhere an object; in a PersistentVolume, an empty `storageClassName` is
 *   dropped, and in a claim it is a value
 */
export function emptyFields(kind: string, manifest: unknown): string[] {
  const found: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      value.forEach((element, index) => visit(element, `${path}[${index}]`));
      return;
    }
    if (!isRecord(value)) return;
    for (const [key, member] of Object.entries(value)) {
      const place = path === "" ? key : `${path}.${key}`;
      const isMap = maps.has(key) || (kind === "Service" && place === "spec.selector");
      const isText = kind === "PersistentVolume" && place === "spec.storageClassName";
      if (dropped(isText ? "" : key, member, isMap)) found.push(place);
      else if (!isMap) visit(member, place);
    }
  };
  visit(manifest, "");
  return found;
}

function dropped(key: string, value: unknown, isMap: boolean): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (isRecord(value)) return isMap && Object.keys(value).length === 0;
  if (value === "") return !meaningful.has(key);
  return zeros.has(key) && (value === false || value === 0);
}
