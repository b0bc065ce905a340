/** The programs of Debian that the demo of ringing needs: found, installed where that is possible, or asked for. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, globSync } from "node:fs";
import path from "node:path";

const PACKAGES = ["kamailio", "kamailio-extra-modules", "kamailio-utils-modules", "baresip-core"];
/** Debian puts Kamailio where only root's PATH looks. */
const FOLDERS = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/sbin", "/sbin"];

export interface RingTools {
	readonly kamailio: string;
	readonly baresip: string;
	readonly baresipModules: string;
}

/** What is asked of the machine. */
export interface Machine {
	find(): RingTools | undefined;
	readonly hasApt: boolean;
	readonly isRoot: boolean;
	/** @returns whether the command ended well. */
	apt(line: string): Promise<boolean>;
}

const thisMachine: Machine = {
	find: findTools,
	get hasApt() {
		return program("apt-get") !== undefined;
	},
	isRoot: process.geteuid?.() === 0,
	apt,
};

/**
 * @param tell what is being done, a line.
 * @throws Error that names the one line to run.
 */
export async function ringTools(tell: (line: string) => void, machine: Machine = thisMachine): Promise<RingTools> {
	const found = machine.find();
	if (found !== undefined) return found;
	const line = `apt-get install -y --no-install-recommends ${PACKAGES.join(" ")}`;
	const cannot = (why: string) =>
		new Error(`Kamailio and baresip are needed for this, and are missing; ${why}. On Debian 12 run: sudo ${line}`);
	if (!machine.hasApt) throw cannot("there is no apt here to install them with");
	if (!machine.isRoot) throw cannot("only root may install them");
	tell(line);
	if (!(await machine.apt(line))) {
		// The lists are fetched only where apt does not know the packages: that takes longer than installing.
		tell("apt-get update");
		await machine.apt("apt-get update");
		if (!(await machine.apt(line))) throw cannot("apt could not install them");
	}
	const installed = machine.find();
	if (installed === undefined) throw cannot("apt installed them, but not all that is needed was found");
	return installed;
}

function findTools(): RingTools | undefined {
	const kamailio = program("kamailio");
	const baresip = program("baresip");
	const modules = ["http_client", "jansson"].map((name) => globSync(`/usr/lib/*/kamailio/modules/${name}.so`));
	const mwi = globSync("/usr/lib/{baresip,*/baresip}/modules/mwi.so")[0];
	if (kamailio === undefined || baresip === undefined || mwi === undefined) return undefined;
	if (modules.some((files) => files.length === 0)) return undefined;
	return { kamailio, baresip, baresipModules: path.dirname(mwi) };
}

function program(name: string): string | undefined {
	return FOLDERS.map((folder) => path.join(folder, name)).find((file) => {
		try {
			accessSync(file, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}

async function apt(line: string): Promise<boolean> {
	const [command, ...words] = line.split(" ");
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const child = spawn(command!, words, { env, stdio: "ignore" });
	const [code] = (await once(child, "exit")) as [number | null];
	return code === 0;
}
