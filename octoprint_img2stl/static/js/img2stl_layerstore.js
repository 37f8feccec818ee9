(function (Img2Stl) {
    "use strict";

    const SCRIPT = "plugin/img2stl/static/js/img2stl_layerdecode.js";
    const MOST_LAYERS = 12; // kept
    const MOST_NUMBERS = 6e6; // in all of those, 24 MB
    const SUPERSEDED = 409; // somebody else wanted another layer of the same job
    const AGAIN_MS = 400;

    // A function: url -> promise of the layer, got and decoded by a Web Worker where there
    // are any.
    Img2Stl.layerLoader = function () {
        const waiting = new Map(); // url -> [resolve, reject]
        let worker = null;
        const fallBack = function () {
            const urls = [...waiting.entries()];
            waiting.clear();
            worker = null;
            urls.forEach(([url, [resolve, reject]]) =>
                Img2Stl.fetchLayer(url).then(resolve, reject)
            );
        };
        try {
            worker = new Worker(new URL(BASEURL + SCRIPT, document.baseURI));
            worker.onerror = fallBack;
            worker.onmessage = function (event) {
                const {url, layer, status} = event.data;
                const [resolve, reject] = waiting.get(url) || [];
                waiting.delete(url);
                if (!resolve) return;
                if (layer) {
                    resolve(layer);
                } else {
                    reject(status);
                }
            };
        } catch (error) {
            log.info("Photo to print: no worker for the layers:", error);
        }
        return function (url) {
            if (!worker) return Img2Stl.fetchLayer(url);
            return new Promise(function (resolve, reject) {
                waiting.set(url, [resolve, reject]);
                worker.postMessage({url: url});
            });
        };
    };

    const sizeOf = (layer) =>
        layer.lines.concat(layer.travel).reduce((sum, each) => sum + each.points.length, 0);

    // The layers that were looked at last, and the next one.
    //
    // One at a time is asked for, since the server draws one at a time: of those that a
    // slider passes only the last.
    // options: {got: (url, layer), failed: (url, status)}; both are told of what is wanted
    Img2Stl.LayerStore = function (options) {
        const self = this;
        const kept = new Map(); // url -> layer, the oldest first
        let load = null;
        let wanted = "";
        let next = [];
        let asking = "";

        const keep = function (url, layer) {
            kept.delete(url);
            kept.set(url, layer);
            let numbers = 0;
            [...kept.keys()].reverse().forEach(function (each, place) {
                numbers += sizeOf(kept.get(each));
                const isTooMuch = place >= MOST_LAYERS || numbers > MOST_NUMBERS;
                if (place > 0 && isTooMuch) kept.delete(each);
            });
        };
        const ask = function (url) {
            asking = url;
            load = load || Img2Stl.layerLoader();
            load(url).then(
                function (layer) {
                    asking = "";
                    keep(url, layer);
                    if (url === wanted) options.got(url, layer);
                    goOn();
                },
                function (status) {
                    asking = "";
                    next = next.filter((each) => each !== url);
                    if (url !== wanted) {
                        goOn();
                    } else if (status === SUPERSEDED) {
                        window.setTimeout(goOn, AGAIN_MS);
                    } else {
                        wanted = "";
                        options.failed(url, status);
                    }
                }
            );
        };
        const goOn = function () {
            if (asking) return;
            const url = [wanted, ...next].find((each) => each && !kept.has(each));
            if (url) ask(url);
        };

        // ahead: urls that will probably be wanted after this one, which is "" for none
        self.want = function (url, ahead) {
            wanted = url;
            next = url ? ahead : [];
            const layer = kept.get(url);
            if (layer) {
                keep(url, layer);
                options.got(url, layer);
            }
            goOn();
        };
        self.has = (url) => kept.has(url);
        self.clear = function () {
            kept.clear();
            self.want("", []);
        };
    };
})(window.Img2Stl);
