using System.Text;
using CsCheck;
using OrleansWork.Console.Output;
using Spectre.Console;
using Spectre.Console.Rendering;
using Xunit;

namespace OrleansWork.Console.Tests.Output;

public sealed class LiveViewTests
{
    private static readonly Gen<string> s_line = Gen.Char["abc "].Array[1, 50].Select(chars => new string(chars).TrimEnd() + "x");

    [Fact]
    public void View_AnythingSaidAndShown_LeavesWhatWasSaidAboveTheLastState() =>
        Gen.Select(
                Gen.Int[20, 60],
                Gen.OneOf(s_line.Array[1, 6].Select(lines => (true, lines)), s_line.Array[1, 1].Select(l => (false, l))).Array[0, 20]
            )
            .Sample(
                (width, acts) =>
                {
                    Screen screen = new(width);
                    LiveView view = new(Console(screen, ansi: true), screen);
                    List<string> said = [];
                    string[] last = [];
                    foreach ((bool shows, string[] lines) in acts)
                    {
                        if (shows)
                        {
                            last = lines;
                            view.Show(new Lines(lines));
                            Assert.True(screen.IsCursorHidden);
                        }
                        else
                        {
                            said.Add(lines[0]);
                            view.Say(lines[0]);
                        }

                        // The terminal itself shows Ctrl-C, behind what is shown.
                        if (last.Length > 0 && screen.Column <= width - 2)
                            screen.Write("^C");
                    }

                    view.End();
                    Assert.False(screen.IsCursorHidden);
                    Assert.Equal(0, screen.Column);
                    IEnumerable<string> expected = said.Concat(last).SelectMany(line => Broken(line, width));
                    Assert.Equal(expected, screen.Text);
                },
                iter: 500
            );

    [Fact]
    public void View_TerminalThatBecomesNarrower_ErasesAllRowsOfTheOldState()
    {
        Screen screen = new(80);
        IAnsiConsole console = Console(screen, ansi: true);
        LiveView view = new(console, screen);
        view.Show(new Lines([new string('a', 70), "b"]));
        screen.Resize(40);
        console.Profile.Width = 40;
        view.Show(new Lines(["c"]));
        view.End();
        Assert.Equal(["c"], screen.Text);
    }

    [Fact]
    public void View_TallerThanTheTerminal_ShowsItsFirstRows()
    {
        Screen screen = new(80);
        IAnsiConsole console = Console(screen, ansi: true);
        console.Profile.Height = 5;
        LiveView view = new(console, screen);
        string[] rows = [.. Enumerable.Range(0, 9).Select(i => $"row {i}")];
        view.Show(new Lines(rows));
        view.Show(new Lines(rows));
        view.End();
        Assert.Equal(rows[..4], screen.Text);
    }

    [Fact]
    public void View_WhereNothingCanBeErased_WritesTheLastStateAlone()
    {
        Screen screen = new(80);
        LiveView view = new(Console(screen, ansi: false), screen);
        view.Show(new Lines(["first"]));
        view.Say("said");
        view.Show(new Lines(["last"]));
        view.End();
        view.Show(new Lines(["late"]));
        Assert.Equal(["said", "last"], screen.Text);
        Assert.DoesNotContain('\u001b', screen.Raw);
    }

    [Fact]
    public void End_Twice_ChangesNothing()
    {
        Screen screen = new(80);
        LiveView view = new(Console(screen, ansi: true), screen);
        view.Show(new Lines(["state"]));
        view.End();
        string before = screen.Raw;
        view.End();
        view.Show(new Lines(["late"]));
        Assert.Equal(before, screen.Raw);
    }

    private static IEnumerable<string> Broken(string line, int width) => line.Chunk(width).Select(chunk => new string(chunk).TrimEnd());

    private static IAnsiConsole Console(Screen screen, bool ansi)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(screen),
                Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
            }
        );
        console.Profile.Width = screen.Width;
        console.Profile.Height = 100;
        return console;
    }

    /// <summary>Lines as they are, also wider ones than the terminal.</summary>
    private sealed class Lines(string[] lines) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            lines.SelectMany(line => (Segment[])[new Segment(line), Segment.LineBreak]);
    }

    /// <summary>A terminal that knows as much as a live view needs.</summary>
    private sealed class Screen(int width) : StringWriter
    {
        private readonly StringBuilder _raw = new();
        private List<StringBuilder> _rows = [new StringBuilder()];
        private int _row;

        public int Width { get; private set; } = width;

        public int Column { get; private set; }

        public bool IsCursorHidden { get; private set; }

        public string Raw => _raw.ToString();

        /// <summary>Gets the rows above the cursor's, or to it when something is there.</summary>
        public IReadOnlyList<string> Text
        {
            get
            {
                List<string> rows = [.. _rows.Select(row => row.ToString().TrimEnd())];
                while (rows.Count > 0 && rows[^1].Length == 0)
                    rows.RemoveAt(rows.Count - 1);
                return rows;
            }
        }

        public override void Write(char value) => Write(value.ToString());

        public override void WriteLine(string? value) => Write($"{value}\n");

        public override void Write(string? value)
        {
            _raw.Append(value);
            for (int i = 0; i < value!.Length; i++)
            {
                char c = value[i];
                if (c == '\u001b')
                {
                    int end = value.AsSpan(i + 2).IndexOfAnyInRange('A', 'z') + i + 2;
                    Carry(value[(i + 2)..end], value[end]);
                    i = end;
                }
                else if (c == '\n')
                {
                    (Column, _row) = (0, _row + 1);
                }
                else if (c == '\r')
                {
                    Column = 0;
                }
                else
                {
                    Put(c);
                }
            }
        }

        /// <summary>Breaks the rows anew, as terminals do.</summary>
        public void Resize(int width)
        {
            Width = width;
            List<StringBuilder> rows = [];
            foreach (StringBuilder row in _rows)
            {
                foreach (
                    char[] chunk in row.Length == 0
                        ?
                        [
                            [],
                        ]
                        : row.ToString().Chunk(width)
                )
                    rows.Add(new StringBuilder(new string(chunk)));
            }

            _rows = rows;
            (_row, Column) = (rows.Count - 1, rows[^1].Length);
        }

        private void Put(char c)
        {
            if (Column == Width)
                (Column, _row) = (0, _row + 1);
            while (_rows.Count <= _row)
                _rows.Add(new StringBuilder());
            StringBuilder row = _rows[_row];
            while (row.Length <= Column)
                row.Append(' ');
            row[Column++] = c;
        }

        private void Carry(string number, char command)
        {
            switch (command)
            {
                case 'A':
                    _row -= int.Parse(number, null);
                    break;
                case 'J':
                    _rows[_row].Length = Math.Min(_rows[_row].Length, Column);
                    _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                    break;
                case 'l' or 'h' when number == "?25":
                    IsCursorHidden = command == 'l';
                    break;
                case 'm':
                    break;
                default:
                    Assert.Fail($"The view sent {number}{command}.");
                    break;
            }
        }
    }
}
