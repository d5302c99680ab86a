/**
 * The names of the user's secrets with keys that encrypt data, separated by spaces, on the Secret that contains the keys. The values
 * are not in the stack's state as resources of their own, so a plan finds a removed key by its name here.
 */
export const importedKeys = "groundplan/imported-keys";
