// The scenario five_ranges in Squiggle: prints what ranges_by_hand.py computes.
//
//     NODE_PATH=FOLDER/node_modules node benchmarks/ranges_squiggle.cjs DRAWS
const { pathToFileURL } = require("node:url");

const MODEL = `
users = 400M to 600M
perUser = (1.5 to 3) / 86400
payload = 150 to 400
peakToAverage = 2 to 5
readWriteRatio = 50 to 150

writes = users * perUser
peakReads = writes * readWriteRatio * peakToAverage
storedPerDay = writes * 86400 * payload
storageRetained = storedPerDay * 365 * 5 * 3
peakEgress = peakReads * payload

[writes, peakReads, storedPerDay, storageRetained, peakEgress]
  -> List.map({|x| [quantile(x, 0.05), quantile(x, 0.5), quantile(x, 0.95)]})
`;

async function main(draws) {
  const found = pathToFileURL(require.resolve("@quri/squiggle-lang"));
  const { run } = await import(found.href);
  const environment = { sampleCount: draws, xyPointLength: 1000, seed: "1", profile: false };
  const { result } = await run(MODEL, { environment });
  if (!result.ok) throw new Error(result.value.toString());
  console.log(JSON.stringify(result.value.result.asJS()));
}

main(Number(process.argv[2]));
