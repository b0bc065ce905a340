/** baresip, a real SIP phone that registers, rings, is not answered, and shows its lamp. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type ChildProgram, startProgram } from "./child-program.ts";

export interface PhoneSettings {
	readonly program: string;
	readonly modules: string;
	readonly folder: string;
	readonly user: string;
	readonly password: string;
	/** `127.0.0.1:5060` */
	readonly proxy: string;
	readonly signal: AbortSignal;
}

export async function startPhone(settings: PhoneSettings): Promise<ChildProgram> {
	const { folder, user, password, proxy } = settings;
	await mkdir(folder);
	await writeFile(
		path.join(folder, "config"),
		[
			`module_path ${settings.modules}`,
			"sip_listen 127.0.0.1:0",
			"net_interface 127.0.0.1",
			"audio_player ausine,440",
			"audio_source ausine,440",
			"audio_alert ausine,440",
			"module g711.so",
			"module ausine.so",
			"module_tmp account.so",
			"module_app menu.so",
			"module_app mwi.so",
			"",
		].join("\n"),
	);
	const account = `<sip:${user}@${proxy};transport=udp>;auth_user=${user};auth_pass=${password};regint=60`;
	await writeFile(path.join(folder, "accounts"), `${account};answermode=manual;mwi=yes\n`, { mode: 0o600 });
	return startProgram(settings.program, ["-f", folder, "-v"], settings.signal);
}
