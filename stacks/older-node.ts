// Node 20 lacks two functions that the program uses. Imported first by everything that the package is entered through.
if (!("groupBy" in Map)) {
  const groupBy = <Key, Value>(values: Iterable<Value>, keyOf: (value: Value, index: number) => Key) => {
    const groups = new Map<Key, Value[]>();
    let index = 0;
    for (const value of values) {
      const key = keyOf(value, index++);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [value]);
      else group.push(value);
    }
    return groups;
  };
  Object.defineProperty(Map, "groupBy", { value: groupBy, configurable: true, writable: true });
}

if (!("withResolvers" in Promise)) {
  const withResolvers = <Value>() => {
    let resolve!: (value: Value | PromiseLike<Value>) => void;
    let reject!: (reason?: unknown) => void;
    const promise = new Promise<Value>((done, failed) => {
      resolve = done;
      reject = failed;
    });
    return { promise, resolve, reject };
  };
  Object.defineProperty(Promise, "withResolvers", { value: withResolvers, configurable: true, writable: true });
}
