// What nobody may find in a report: told to the test that started this, so that it can look for them.

export function secret(value) {
  console.log(`secret ${value}`);
  return value;
}
