(function (Img2Stl) {
    "use strict";

    const LAYER_AFTER_MS = 120;

    // What came out: facts, problems, layers, downloads.
    Img2Stl.Result = function (root) {
        const self = this;
        const job = root.job;

        self.result = ko.pureComputed(() => (job() && job().result) || null);
        self.isShown = ko.pureComputed(() => !!self.result() && !root.progress.isBusy());
        const fact = (read) =>
            ko.pureComputed(() => (self.result() ? read(self.result()) : ""));

        self.previewUrl = fact((result) => Img2Stl.url(result.preview_url));
        self.isWatertight = fact((result) => !!result.watertight);
        self.hasGcode = fact((result) => !!result.gcode_url);
        self.size = fact((result) => Img2Stl.size(result.size));
        self.triangles = fact((result) => Img2Stl.number(result.triangles, 0));
        self.volume = fact((result) =>
            Img2Stl.withUnit(result.volume / 1000, gettext("cm³"), 2)
        );
        self.printTime = fact((result) => Img2Stl.duration(result.print_time_s));
        self.filament = fact((result) =>
            Img2Stl.filament(result.filament_mm, result.filament_g)
        );
        self.layerCount = fact((result) => result.layers || 0);
        self.slicer = fact(function (result) {
            const slicer = result.slicer;
            if (!slicer) return "-";
            const state = root.state() || {};
            const known = _.find(state.slicers || [], {name: slicer.name});
            return _.sprintf(
                "%s %s",
                known ? known.label : slicer.name,
                slicer.version || ""
            );
        });

        const download = (name, label, icon, url, bytes) => ({
            testId: "img2stl-download-" + name,
            label: label,
            icon: icon,
            url: Img2Stl.url(url),
            bytes: bytes ? formatSize(bytes) : ""
        });
        self.downloads = ko.pureComputed(function () {
            const result = self.result();
            if (!result) return [];
            return [
                download(
                    "stl",
                    gettext("STL"),
                    "fas fa-cube",
                    result.stl_url,
                    result.stl_bytes
                ),
                download(
                    "gcode",
                    gettext("G-code"),
                    "fas fa-layer-group",
                    result.gcode_url,
                    result.gcode_bytes
                ),
                download(
                    "report",
                    gettext("Report"),
                    "fas fa-file-alt",
                    result.report_url
                )
            ].filter((item) => item.url);
        });

        //~~ problems

        const order = {error: 0, warning: 1, info: 2};
        self.problems = ko.pureComputed(function () {
            const all = (self.result() && self.result().problems) || [];
            const banner = job() && job().problem;
            const others = all.filter(
                (problem) => !banner || problem.code !== banner.code
            );
            return _.sortBy(others, (problem) => order[problem.severity]);
        });
        const count = (severity) =>
            self.problems().filter((problem) => problem.severity === severity).length;
        self.verdict = ko.pureComputed(function () {
            const errors = count("error");
            const warnings = count("warning");
            if (errors) {
                return _.sprintf(
                    ngettext(
                        "%(count)d problem: read it before you print.",
                        "%(count)d problems: read them before you print.",
                        errors
                    ),
                    {count: errors}
                );
            }
            if (warnings) {
                return _.sprintf(
                    ngettext(
                        "%(count)d warning, it can be printed.",
                        "%(count)d warnings, it can be printed.",
                        warnings
                    ),
                    {count: warnings}
                );
            }
            return gettext("No problems found.");
        });
        self.verdictIcon = ko.pureComputed(() =>
            Img2Stl.severityIcon(
                count("error") ? "error" : count("warning") ? "warning" : "ok"
            )
        );

        // why there is no G-code
        self.missing = ko.pureComputed(function () {
            const open = job();
            if (!open || open.state !== "done" || !self.isShown() || self.hasGcode()) {
                return null;
            }
            return open.problem || root.shape.slicing.slicerProblem();
        });

        //~~ layers

        self.layer = ko.observable(1);
        self.layerUrl = ko.observable("");
        self.layerLoading = ko.observable(false);
        self.layerFailed = ko.observable(false);
        self.hasLayers = ko.pureComputed(
            () => !!self.result() && !!self.result().layer_url && self.layerCount() > 0
        );
        self.layerText = ko.pureComputed(() =>
            _.sprintf(gettext("Layer %(number)s of %(count)s"), {
                number: Img2Stl.number(Number(self.layer()), 0),
                count: Img2Stl.number(self.layerCount(), 0)
            })
        );
        self.toLayer = function (number) {
            self.layer(Math.min(self.layerCount(), Math.max(1, number)));
        };
        self.previousLayer = () => self.toLayer(Number(self.layer()) - 1);
        self.nextLayer = () => self.toLayer(Number(self.layer()) + 1);
        self.isFirstLayer = ko.pureComputed(() => Number(self.layer()) <= 1);
        self.isLastLayer = ko.pureComputed(
            () => Number(self.layer()) >= self.layerCount()
        );

        const wantedLayerUrl = ko.pureComputed(function () {
            const result = self.result();
            if (!result || !self.hasLayers() || !root.isShowing("slice")) return "";
            const url = Img2Stl.url(result.layer_url);
            // a job made again has other layers under the same address
            return (
                url.replace(/\{n\}|%7Bn%7D/i, String(self.layer())) +
                "?" +
                encodeURIComponent(job().updated)
            );
        });
        const loadLayer = function () {
            const url = wantedLayerUrl();
            if (!url || url === self.layerUrl()) return;
            self.layerLoading(true);
            const image = new Image();
            image.onload = image.onerror = function (event) {
                if (url !== wantedLayerUrl()) return;
                self.layerLoading(false);
                self.layerFailed(event.type === "error");
                if (event.type === "load") self.layerUrl(url);
            };
            image.src = url;
        };
        wantedLayerUrl.subscribe(_.debounce(loadLayer, LAYER_AFTER_MS));

        // a layer in the middle says most at first sight
        self.open = function () {
            self.layerUrl("");
            self.toLayer(Math.ceil(self.layerCount() / 2));
        };

        //~~ what next

        self.adding = ko.observable(false);
        self.queued = ko.pureComputed(function () {
            const items = root.queue.items();
            return !!job() && items.some((item) => item.job_id === job().id);
        });
        self.canQueue = ko.pureComputed(
            () =>
                !!job() &&
                !!(job().can && job().can.queue) &&
                root.can("queue") &&
                !self.adding()
        );
        self.addToQueue = function () {
            self.adding(true);
            OctoPrint.plugins.img2stl
                .addToQueue(job().id)
                .done(function (answer) {
                    root.queue.take(answer.queue);
                    root.show("print");
                })
                .fail((xhr) => root.complain(xhr))
                .always(() => self.adding(false));
        };
        self.change = () => root.show("shape");
    };
})(window.Img2Stl);
