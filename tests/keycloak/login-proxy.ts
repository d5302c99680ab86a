// The login that a stack puts before an application, run: oauth2-proxy with the arguments, the file and the Secrets of its
// Deployment, in front of an application that tells what it was asked.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { loginFiles, loginPort } from "../../components/gateway/login.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { loginProgram } from "../gateway/oauth2-proxy.ts";
import { recordStack } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { freePorts } from "./node.ts";

/** A running login and its application. */
export interface LoginProxy {
  /** Asks it as the gateway does. */
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** The headers of the last request that the application got. */
  readonly seen: () => IncomingHttpHeaders | undefined;
  stop(): void;
}

type Data = Readonly<Record<string, string>>;

/**
 * Starts the login of an application.
 * @param name of its Deployment
 * @param provider `http://HOST:PORT` of the Keycloak that stands for the one inside the cluster
 * @param folder takes its files
 */
export async function startLoginProxy(
  stack: TestStack,
  { namespace, name, client }: { readonly namespace: string; readonly name: string; readonly client: string },
  provider: string,
  folder: string,
): Promise<LoginProxy> {
  const program = loginProgram();
  if (program === undefined) throw new Error("no oauth2-proxy");
  const { resources } = await recordStack(stack);
  const objects = plannedObjects(resources, ({ value }) => value);
  const found = (kind: string, of: string) => {
    const one = objects.find((object) => object.kind === kind && object.namespace === namespace && object.name === of);
    if (one === undefined) throw new Error(`the plan has no ${kind} ${namespace}/${of}`);
    return one.manifest;
  };
  const deployment = found("Deployment", name) as {
    spec: { template: { spec: { containers: [{ args: string[]; env: { name: string }[] }] } } };
  };
  const [container] = deployment.spec.template.spec.containers;
  const session = found("Secret", `${name}-session`)["stringData"] as Data;
  const secrets = join(folder, "client");
  mkdirSync(secrets, { recursive: true });
  for (const [key, value] of Object.entries(found("Secret", `${client}-oidc`)["stringData"] as Data))
    writeFileSync(join(secrets, key), value);

  let seen: IncomingHttpHeaders | undefined;
  const application = createServer((request, response) => {
    seen = request.headers;
    response.end("the application");
  });
  await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
  const [port = 0] = await freePorts(1);
  const upstream = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;
  const configuration = (found("ConfigMap", name)["data"] as Data)["alpha.yaml"] ?? "";
  const file = join(folder, "alpha.yaml");
  writeFileSync(
    file,
    configuration
      .replaceAll(/http:\/\/keycloak-http\.[a-z.]+/g, provider)
      .replaceAll(/http:\/\/[a-z.-]+\.svc\.cluster\.local:\d+/g, upstream)
      .replace(`":${loginPort}"`, `"127.0.0.1:${port}"`)
      .replaceAll(loginFiles.secrets, secrets),
  );
  const variable = container.env[0]?.name ?? "";
  const child = spawn(
    program,
    container.args.map((one) => one.replace(loginFiles.configuration, file)),
    { env: { [variable]: Object.values(session)[0] }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (log += part.toString()));
  const host = container.args
    .map((one) => /^--redirect-url=https:\/\/([^/]+)\//.exec(one)?.[1])
    .find((one) => one !== undefined);
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      redirect: "manual",
      headers: { "x-forwarded-proto": "https", "x-forwarded-host": host ?? "", ...headers },
    });
  for (const began = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    if (
      await ask("/ping").then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    if (child.exitCode !== null || Date.now() - began > 20_000) throw new Error(`oauth2-proxy did not start:\n${log}`);
  }
  return {
    ask,
    seen: () => seen,
    stop: () => {
      child.kill();
      application.close();
    },
  };
}

/** The cookies that an answer sets, as a browser sends them back. */
export function cookiesOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}
