(function (Img2Stl) {
    "use strict";

    //~~ other formats

    Img2Stl.exportFormats = ["3mf", "obj", "ply", "glb"];

    // One format in which the mesh can be had; result: observable.
    Img2Stl.Export = function (root, result, format) {
        const self = this;
        self.label = format.toUpperCase();
        self.testId = "img2stl-download-" + format;
        self.isShown = ko.pureComputed(
            () => !!result() && (result().exports || []).includes(format)
        );
        self.isBusy = ko.observable(false);
        self.icon = ko.pureComputed(() =>
            self.isBusy() ? "fas fa-spinner fa-spin" : "fas fa-cube"
        );
        const save = function (url) {
            const link = document.createElement("a");
            link.href = Img2Stl.url(url);
            link.download = "";
            document.body.appendChild(link);
            link.click();
            link.remove();
        };
        self.download = function () {
            if (self.isBusy()) return;
            self.isBusy(true);
            OctoPrint.plugins.img2stl
                .exportMesh(root.job().id, format)
                .done((answer) => save(answer.url))
                .fail((xhr) => root.complain(xhr))
                .always(() => self.isBusy(false));
        };
    };

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
        self.cost = fact((result) => Img2Stl.cost(result.cost));
        self.costFrom = fact((result) => Img2Stl.costFrom(result.cost));
        self.layerCount = fact((result) => result.layers || 0);
        // the saved profile that it was sliced with, as it was called then
        self.profile = fact((result) => (result.profile || {}).name || "");
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

        // formats that are written when somebody wants them
        self.exports = Img2Stl.exportFormats.map(
            (format) => new Img2Stl.Export(root, self.result, format)
        );

        //~~ problems

        self.problems = ko.pureComputed(function () {
            const all = (self.result() && self.result().problems) || [];
            const banner = job() && job().problem;
            return all.filter((problem) => !banner || problem.code !== banner.code);
        });
        const fixes = new Img2Stl.Fixes(root);
        // sets a parameter of the open job, in the step where it is chosen
        root.applyFix = fixes.apply;
        self.view = new Img2Stl.MeshView(root, {id: "img2stl-check"});
        self.findings = new Img2Stl.Findings(self.view, self.problems, {
            id: "img2stl-check",
            canFix: (field, suggest) => root.can("create") && fixes.can(field, suggest),
            fixText: fixes.text,
            onFix: fixes.apply
        });

        //~~ the mesh that was checked; its picture until it is here, and if it does not come

        self.hasView = ko.observable(false);
        const wantedView = ko.pureComputed(function () {
            const result = self.result();
            if (!result || !result.view_url || !root.isShowing("check")) return "";
            if (!self.isShown()) return "";
            // a job made again has another mesh under the same address
            return Img2Stl.url(result.view_url) + "?" + encodeURIComponent(job().updated);
        });
        let viewOf = ""; // where it came from
        const loadView = function (url) {
            if (!url || url === viewOf) return;
            self.hasView(false);
            viewOf = url;
            $.getJSON(url)
                .done(function (mesh) {
                    if (url !== viewOf || !self.result()) return;
                    // seen first, because what is hidden has no size to be drawn in
                    self.hasView(true);
                    self.view.show({
                        mesh: mesh,
                        findings: self.result().problems || [],
                        form: job().id
                    });
                })
                .fail(function (xhr) {
                    if (url !== viewOf) return;
                    log.info("Photo to print: no mesh to show:", xhr.status);
                    viewOf = ""; // tried again when one comes back to this step
                });
        };
        wantedView.subscribe(loadView);
        const forgetView = function () {
            viewOf = "";
            self.hasView(false);
            self.findings.choose(null);
            self.view.clear();
        };

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
        self.hasLayers = ko.pureComputed(
            () => !!self.result() && !!self.result().layer_url && self.layerCount() > 0
        );
        self.layerText = ko.pureComputed(function () {
            const height = ((self.result() || {}).heights || [])[Number(self.layer()) - 1];
            const words =
                height === undefined
                    ? gettext("Layer %(number)s of %(count)s")
                    : gettext("Layer %(number)s of %(count)s, at %(height)s mm");
            return _.sprintf(words, {
                number: Img2Stl.number(Number(self.layer()), 0),
                count: Img2Stl.number(self.layerCount(), 0),
                height: Img2Stl.number(height)
            });
        });
        self.toLayer = function (number) {
            self.layer(Math.min(self.layerCount(), Math.max(1, number)));
        };
        self.previousLayer = () => self.toLayer(Number(self.layer()) - 1);
        self.nextLayer = () => self.toLayer(Number(self.layer()) + 1);
        self.isFirstLayer = ko.pureComputed(() => Number(self.layer()) <= 1);
        self.isLastLayer = ko.pureComputed(
            () => Number(self.layer()) >= self.layerCount()
        );

        self.layers = new Img2Stl.LayerChanges(root, self.result, self.layer);

        const isLookedAt = () => self.hasLayers() && root.isShowing("slice");
        self.lines = new Img2Stl.LayerView({
            result: self.result,
            layer: self.layer,
            layerText: self.layerText,
            isWanted: isLookedAt
        });
        self.picture = new Img2Stl.LayerPicture({
            result: self.result,
            layer: self.layer,
            isWanted: () => isLookedAt() && !self.lines.isUsable()
        });

        // The first layer says first whether a print will hold; one that was made again
        // shows the layer that was looked at.
        let opened = "";
        self.open = function () {
            forgetView();
            loadView(wantedView());
            self.lines.forget();
            self.picture.forget();
            self.toLayer(opened === job().id ? Number(self.layer()) : 1);
            opened = job().id;
            // a slider without layers has lost its place meanwhile
            self.layer.valueHasMutated();
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
