/** A storage class of the stack. */
export interface StorageClassSpec {
  readonly name: string;
  /** Whether the class already exists in the cluster: it is not created. */
  readonly existing: boolean;
  readonly provisioner?: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly reclaimPolicy: "Retain" | "Delete";
  readonly allowExpansion: boolean;
  readonly bindingMode: "WaitForFirstConsumer" | "Immediate";
  readonly mountOptions: readonly string[];
  readonly default: boolean;
}
