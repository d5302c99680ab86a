import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { Component, outlives } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import { configMap } from "../kit/secret.ts";
import { trustFiles, trustVolume } from "../kit/trust.ts";
import type { TrustBinding, Trusted } from "../kit/trust.ts";

/** The company's CA certificates, in a ConfigMap of each namespace whose programs trust them. */
export class Trust extends Component implements TrustBinding {
  private readonly files: Readonly<Record<string, string>>;
  private readonly created = new Map<string, Trusted>();

  /** @param bundles CA certificates in PEM */
  constructor(environment: Environment, bundles: readonly string[], options: ComponentResourceOptions) {
    super("certificates:Trust", "trust", "certificates", environment, options);
    this.files = trustFiles(bundles);
  }

  in(namespace: string): Trusted {
    const created = this.created.get(namespace) ?? this.create(namespace);
    this.created.set(namespace, created);
    return created;
  }

  private create(namespace: string): Trusted {
    const place = { name: trustVolume, namespace };
    return {
      ...configMap(this, namespace, place, this.files, outlives(this.environment)),
      files: Object.keys(this.files),
    };
  }
}
