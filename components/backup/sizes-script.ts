import { begin } from "./restore-scripts.ts";

/** Writes the snapshots with their sizes to the file SNAPSHOTS, for programs/sizes.ts: the image of restic has no other program. */
export const sizesScript = `${begin}
open
locking "sizes" store snapshots --json --retry-lock 35m --host "$STACK" >"$SNAPSHOTS"
`;
