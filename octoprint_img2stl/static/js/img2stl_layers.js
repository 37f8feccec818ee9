(function (Img2Stl) {
    "use strict";

    const SAME_MM = 0.001;

    Img2Stl.filamentText = (height) =>
        _.sprintf(gettext("Another filament from %(height)s on"), {
            height: Img2Stl.withUnit(height, gettext("mm"))
        });
    Img2Stl.firstLayersText = (count) =>
        _.sprintf(
            ngettext(
                "Only the first layer is printed",
                "Only the first %(count)s layers are printed",
                count
            ),
            {count: Img2Stl.number(count, 0)}
        );

    // What is done with the layers: another filament from one on, or only the first ones.
    // layer: observable, the one that is looked at, from 1.
    Img2Stl.LayerChanges = function (root, result, layer) {
        const self = this;
        const job = root.job;
        const slicing = () => (job() && job().params && job().params.slicing) || {};
        const heights = ko.pureComputed(() => (result() && result().heights) || []);
        const height = ko.pureComputed(() => heights()[Number(layer()) - 1]);

        self.changes = ko.observableArray([]);
        self.command = ko.observable("");
        self.firstLayers = ko.observable(0);
        self.commands = ko.pureComputed(
            () => ((root.state() || {}).choices || {}).change_command || []
        );

        const saved = ko.pureComputed(() => ({
            changes: slicing().changes || [],
            change_command: slicing().change_command,
            first_layers: slicing().first_layers || 0
        }));
        const wanted = ko.pureComputed(() => ({
            changes: self.changes()
                .slice()
                .sort((a, b) => a - b),
            change_command: self.command(),
            first_layers: self.firstLayers()
        }));
        // as the job has it, whenever that changes
        self.reset = function () {
            self.changes(saved().changes.slice());
            self.command(saved().change_command);
            self.firstLayers(saved().first_layers);
        };
        const key = ko.pureComputed(() => JSON.stringify([job() && job().id, saved()]));
        key.subscribe(self.reset);

        self.isDirty = ko.pureComputed(() => !_.isEqual(saved(), wanted()));

        //~~ another filament

        const isSame = (one, other) => Math.abs(one - other) < SAME_MM;
        const isFirst = ko.pureComputed(
            () => height() === undefined || isSame(height(), heights()[0])
        );
        self.isChanged = ko.pureComputed(() =>
            self.changes().some((each) => isSame(each, height()))
        );
        self.canChange = ko.pureComputed(() => !isFirst() && !self.isChanged());
        self.addChange = () => self.changes.push(height());
        self.rows = ko.pureComputed(() =>
            wanted().changes.map((each) => ({
                text: Img2Stl.filamentText(each),
                remove: () => self.changes.remove(each)
            }))
        );

        //~~ the first layers alone

        self.isCut = ko.pureComputed(() => self.firstLayers() > 0);
        self.canCut = ko.pureComputed(
            () => !self.isCut() && Number(layer()) < heights().length
        );
        self.cut = () => self.firstLayers(Number(layer()));
        self.uncut = () => self.firstLayers(0);
        self.cutText = ko.pureComputed(() => Img2Stl.firstLayersText(self.firstLayers()));

        //~~ slicing again with it

        self.sending = ko.observable(false);
        self.isShown = ko.pureComputed(
            () => heights().length > 1 && root.can("create") && !!(job().can || {}).make
        );
        self.apply = function () {
            const open = job();
            const params = $.extend({}, open.params, {
                slicing: $.extend({}, open.params.slicing, wanted())
            });
            self.sending(true);
            OctoPrint.plugins.img2stl
                .make(open.id, params)
                .done(function (answer) {
                    // the step in which it is shaped is not filled anew
                    [root.shape, root.meshShape].forEach((step) =>
                        step.slicing.takeLayers(params.slicing)
                    );
                    root.adopt(answer.job);
                })
                .fail((xhr) => root.complain(xhr))
                .always(() => self.sending(false));
        };
    };
})(window.Img2Stl);
