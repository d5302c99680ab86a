/**
 * The names of the user's secrets with keys that encrypt data, separated by spaces, on the Secret that contains the keys. The values
 * are not in the stack's state as resources of their own, so a plan finds a removed key by its name here.
 */
export const importedKeys = "groundplan/imported-keys";

/** The annotation of a database server that is a copy: the archive that it is made of. Its claims need no backup and may be lost. */
export const recoveredFrom = "groundplan/recovered-from";
