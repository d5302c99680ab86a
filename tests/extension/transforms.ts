// A program whose module registers transforms of the stack when it is loaded.
import * as pulumi from "@pulumi/pulumi";
import { groundplan } from "../../index.ts";

interface Props {
  readonly metadata?: { readonly annotations?: object };
}

function annotated(props: Props, key: string): Props {
  return { ...props, metadata: { ...props.metadata, annotations: { ...props.metadata?.annotations, [key]: "us" } } };
}

pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
  type === "kubernetes:core/v1:Service" ? { props: annotated(props, "older"), opts } : undefined,
);
pulumi.runtime.registerResourceTransform(({ type, props, opts }) =>
  type === "kubernetes:core/v1:Service" ? { props: annotated(props, "newer"), opts } : undefined,
);

export default groundplan();
