// Programs of the user's own, run against the recorder.
import assert from "node:assert/strict";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { Component } from "../../components/kit/component.ts";
import type { Environment } from "../../components/kit/environment.ts";
import { Pods } from "../../components/kit/pods.ts";
import type { Extension, ExtensionPlatform } from "../../stacks/extension.ts";
import { recordAnew, root } from "../stacks.ts";
import type { StackRecording } from "../stacks.ts";

/** A component with one Service. */
export class Page extends Component {
  constructor(environment: Environment, label = "page", namespace = "own") {
    super("own:Page", label, "page", environment);
    this.object(Service, "service", { name: label, namespace }, { spec: { ports: [{ port: 80 }] } });
  }
}

/** The Service of pods in a namespace. */
export const service = (namespace = "own") =>
  new Pods(namespace, { app: "page" }, { http: 8080 }).behind("page", "http");

/** What a program records with the settings of prod. */
export function recordProgram(extension: Extension, ...set: readonly string[]): Promise<StackRecording> {
  return recordAnew({ name: "prod", file: `${root}/Pulumi.prod.yaml`, set, extension });
}

/** A program in a namespace of its own. */
export function inOwn(use: (platform: ExtensionPlatform) => void): Extension {
  return (platform) => {
    platform.namespace({ name: "own" });
    use(platform);
  };
}

/** The message with which a program is refused. */
export async function refusal(extension: Extension, ...set: readonly string[]): Promise<string> {
  let message = "";
  await assert.rejects(recordProgram(extension, ...set), (error: Error) => {
    assert.ok("__pulumiRunError" in error, error.stack);
    ({ message } = error);
    return true;
  });
  return message;
}
