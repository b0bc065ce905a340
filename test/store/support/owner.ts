/**
 * A process that opens the store of a data folder and holds it: `node owner.ts FOLDER`. Says "ready PID" with the pid of
 * its database server, closes in order on SIGTERM, ends without closing on SIGUSR2, and can be killed.
 */
import { silentLog } from "../../../src/domain/index.ts";
import { lockDataFolder, startEmbeddedPostgres } from "../../../src/store/index.ts";

const dataFolder = process.argv[2]!;
using _lock = lockDataFolder(dataFolder);
await using server = await startEmbeddedPostgres({ dataFolder, durable: false, log: silentLog });
process.once("SIGUSR2", () => process.exit(3));
const closing = new Promise((resolve) => process.once("SIGTERM", resolve));
const keepAlive = setInterval(() => {}, 60_000);
process.stdout.write(`ready ${server.pid}\n`);
await closing;
clearInterval(keepAlive);
