import { stableJson } from "../../components/kit/stable.ts";
import { isRecord, record, text } from "../../components/kit/unknown.ts";

import type { Plan } from "../plan.ts";
import { readJsonFile } from "./json-file.ts";

type Data = Readonly<Record<string, unknown>>;

/** The key by which Pulumi marks a value that is encrypted or an asset: such a value is kept as a whole. */
const signature = "4dabf18193072939515e22adb298388d";

/** What Pulumi's bridged providers keep besides a resource's properties: it does not fit changed ones. */
const delta = "__pulumi_raw_state_delta";

/** Where the Kubernetes provider keeps the inputs of an object once more, in its outputs. */
const keptInputs = "__inputs";

/** A state as `pulumi stack export` writes it. @throws InputError if the file cannot be read or is none */
export function readState(path: string): Data {
  return readJsonFile(
    path,
    (state) => Array.isArray(record(state["deployment"])["resources"]),
    "no state: a JSON object with deployment.resources is accepted, as npx pulumi stack export --file writes it",
  );
}

/**
 * The state after an import, as the next `up` must find it.
 *
 * An import takes every field of an object as an input, defaults of the API server included. The program sets fewer fields, so Pulumi would
 * remove the others, and replace a claim for its volume's name, a Service for its address and a StatefulSet for the defaults of its claim
 * templates. Therefore only the fields that the program sets stay inputs, with the values that they have in the cluster. A password is
 * imported without the arguments that it was generated with, and another argument generates another password.
 *
 * @returns the state as text, and how many resources are different
 */
export function settledState(
  state: Data,
  { objects, resources }: Plan,
): { readonly text: string; readonly count: number } {
  const manifests = new Map(objects.map(({ manifest, urn }) => [urn, manifest]));
  const passwords = new Map(
    resources.flatMap(({ inputs, type, urn }) =>
      type === "random:index/randomPassword:RandomPassword" ? [[urn, inputs] as const] : [],
    ),
  );
  let count = 0;
  const deployment = record(state["deployment"]);
  const settled = (deployment["resources"] as readonly unknown[]).map((resource) => {
    if (!isRecord(resource)) return resource;
    const urn = text(resource["urn"]) ?? "";
    const [manifest, password] = [manifests.get(urn), passwords.get(urn)];
    const changed =
      manifest !== undefined
        ? object(resource, manifest)
        : password !== undefined
          ? generated(resource, password)
          : resource;
    if (JSON.stringify(changed) !== JSON.stringify(resource)) count += 1;
    return changed;
  });
  const whole = { ...state, deployment: { ...deployment, resources: settled } };
  return { text: `${JSON.stringify(whole, null, 4)}\n`, count };
}

function object(resource: Data, manifest: Data): Data {
  const outputs = record(resource["outputs"]);
  // The provider keeps the text of a Secret as data.
  const shape = "stringData" in manifest ? { data: manifest["stringData"], ...manifest } : manifest;
  return {
    ...resource,
    inputs: shaped(resource["inputs"], shape),
    ...(keptInputs in outputs && { outputs: { ...outputs, [keptInputs]: shaped(outputs[keptInputs], shape) } }),
  };
}

/** Only an imported password lacks the arguments that it is generated with. */
function generated(resource: Data, password: Data): Data {
  const inputs = record(resource["inputs"]);
  if (Object.entries(password).every(([key, value]) => stableJson(inputs[key]) === stableJson(value))) return resource;
  const outputs = Object.entries(record(resource["outputs"])).filter(([key]) => key !== delta);
  return {
    ...resource,
    inputs: { ...inputs, ...password },
    outputs: { ...Object.fromEntries(outputs), ...password },
  };
}

/** A value with only those members that a shape has. Lists of other lengths are different anyway. */
function shaped(value: unknown, shape: unknown): unknown {
  if (isRecord(value) && isRecord(shape) && !(signature in value))
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, member]) => (key in shape ? [[key, shaped(member, shape[key])]] : [])),
    );
  if (Array.isArray(value) && Array.isArray(shape) && value.length === shape.length)
    return value.map((member, index) => shaped(member, shape[index]));
  return value;
}
