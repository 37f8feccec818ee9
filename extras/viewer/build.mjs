// Writes static/vendor/three-viewer.min.js and its licence; with --check only compares.
import {build} from "esbuild";
import {readFile, writeFile} from "node:fs/promises";
import {fileURLToPath} from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const vendor = path.join(here, "..", "..", "octoprint_img2stl", "static", "vendor");
const three = path.join(here, "node_modules", "three");
const {version} = JSON.parse(await readFile(path.join(three, "package.json"), "utf8"));

const result = await build({
    entryPoints: [path.join(here, "viewer.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    globalName: "IMG2STL_THREE",
    target: "es2018",
    legalComments: "inline",
    banner: {
        js: `/*! three.js ${version} (MIT, https://threejs.org), a subset bundled unmodified; see three-viewer.LICENSE.txt */`
    }
});

const files = {
    "three-viewer.min.js": result.outputFiles[0].text,
    "three-viewer.LICENSE.txt": await readFile(path.join(three, "LICENSE"), "utf8")
};
let same = true;
for (const [name, text] of Object.entries(files)) {
    const target = path.join(vendor, name);
    if (process.argv.includes("--check")) {
        if ((await readFile(target, "utf8")) !== text) {
            console.error(`${name} is not what this folder builds`);
            same = false;
        }
    } else {
        await writeFile(target, text);
        console.log(`${name}: ${(text.length / 1024).toFixed(0)} KiB`);
    }
}
process.exitCode = same ? 0 : 1;
