import type { SharedFolder } from "../../components/kit/bindings.ts";
import type { FolderSpec } from "../../components/nfs/exports.ts";
import type { Offered } from "./offered.ts";

/** A folder in the settings: on an existing server, or on the stack's own. */
interface FolderChoice {
  readonly server?: string;
  readonly path: string;
}

/**
 * The folder of a consumer on the stack's own server; none on an existing server.
 * @param account the account of the consumer's processes. Default: several, among them root
 */
export function ownFolders(
  choice: FolderChoice | undefined,
  account?: Required<FolderSpec>["account"],
): readonly FolderSpec[] {
  return choice === undefined || choice.server !== undefined ? [] : [{ path: choice.path, account }];
}

/**
 * A folder as its consumer mounts it.
 * @throws RangeError where it is on the stack's own server, and the stack has none
 */
export function sharedFolderOf({ path, server }: FolderChoice, { nfs }: Pick<Offered, "nfs">): SharedFolder {
  if (server !== undefined) return { server, path };
  if (nfs === undefined) throw new RangeError(`no NFS server for the folder ${path}`);
  return nfs.folder(path);
}
